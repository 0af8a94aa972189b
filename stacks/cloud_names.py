"""Cloud names: the flavors and volume types that the finished cloud has.

DevStack makes flavors and a volume type of its own (`create_flavors` in lib/nova, and
CINDER_ENABLED_BACKENDS in lib/cinder, stable/2025.1 to stable/2026.1). The post configuration on
the controller changes some of the flavors and adds the rest; a test compares it with this list.
"""

import re

from stacks.meta_config import sections
from stacks.settings import Settings

EXTERNAL_NETWORK = "public"
VOLUME_TYPE = "test-volume-type"

OUR_FLAVORS = ("m1.tiny", "m1.small", "m1.medium", "m1.tiny.alt")
"""Flavors of the post configuration, in the sizes that the suite needs."""

_DEVSTACKS_FLAVORS = (
    *("cirros256", "ds512M", "ds1G", "ds2G", "ds4G"),
    *("m1.tiny", "m1.small", "m1.medium", "m1.large", "m1.xlarge"),
)
FLAVORS = tuple(dict.fromkeys((*OUR_FLAVORS, *_DEVSTACKS_FLAVORS)))

_DEVSTACKS_BACKENDS = "lvm:lvmdriver-1"
_BACKENDS = re.compile(r"CINDER_ENABLED_BACKENDS=([\"']?)([\w:,.-]+)\1\s*(?:#.*)?")


def volume_types(settings: Settings) -> tuple[str, ...]:
    """Return the volume types, one of which each backend has; none if they are not known.

    A user's local.conf is not run. So the backends are known only from one plain assignment.
    """
    lines = [
        line.text.strip()
        for section in sections(settings.local_conf_extra)
        if section.is_localrc
        for line in section.lines
        if "CINDER_ENABLED_BACKENDS" in line.text.partition("#")[0]
    ]
    found = [_BACKENDS.fullmatch(line) for line in lines]
    if not found:
        backends = _DEVSTACKS_BACKENDS
    elif len(found) == 1 and found[0]:
        backends = found[0][2]
    else:
        return ()
    return (VOLUME_TYPE, *(backend.rpartition(":")[2] for backend in backends.split(",")))
