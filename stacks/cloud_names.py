"""Cloud names: the flavors and volume types that the finished cloud has.

DevStack makes flavors and a volume type of its own (`create_flavors` in lib/nova, and
CINDER_ENABLED_BACKENDS in lib/cinder, stable/2025.1 to stable/2026.1). The post configuration on
the controller changes some of the flavors and adds the rest; a test compares it with this list.
"""

EXTERNAL_NETWORK = "public"
VOLUME_TYPE = "test-volume-type"

OUR_FLAVORS = ("m1.tiny", "m1.small", "m1.medium", "m1.tiny.alt")
"""Flavors of the post configuration, in the sizes that the suite needs."""

_DEVSTACKS_FLAVORS = (
    *("cirros256", "ds512M", "ds1G", "ds2G", "ds4G"),
    *("m1.tiny", "m1.small", "m1.medium", "m1.large", "m1.xlarge"),
)
FLAVORS = tuple(dict.fromkeys((*OUR_FLAVORS, *_DEVSTACKS_FLAVORS)))
VOLUME_TYPES = (VOLUME_TYPE, "lvmdriver-1")
