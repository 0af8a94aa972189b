"""Named things: check that the suite's variables name resources that the cloud will have.

Of most things the cloud has one, and the suite must name that one. Of flavors and volume types it
has several, from which the environment or e2e_conf.yaml may select. Images need not exist: the
suite creates them from URLs. The conformance tests use neither the second AZ nor the uploaded image
nor variables of the multi-AZ and bastion tests.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from job.run.environment.variables import OTHER_PLATFORMS
from job.run.job_kind import Kind
from stacks.cloud_names import FLAVORS, volume_types
from stacks.e2e_variables import AZ_VARIABLES, SECONDARY_AZ, e2e_variables
from stacks.settings import Settings

_ONE = (
    "OPENSTACK_CLOUD",
    "OPENSTACK_CLOUD_ADMIN",
    "OPENSTACK_EXTERNAL_NETWORK_NAME",
    *AZ_VARIABLES,
    "E2E_IMAGE_URL",
)
_CHOICE = re.compile(r"OPENSTACK_(?:(?:\w+_)?FLAVOR|VOLUME_TYPE)(?:_ALT)?")
_E2E_ALONE = (
    "E2E_IMAGE_URL",
    "OPENSTACK_BASTION_MACHINE_FLAVOR_ALT",
    SECONDARY_AZ,
    "OPENSTACK_VOLUME_TYPE_ALT",
)
_HOSTS = {name for names in OTHER_PLATFORMS.values() for name in names}


def is_a_choice(name: str) -> bool:
    """Tell whether a variable selects among several resources of the cloud."""
    return bool(_CHOICE.fullmatch(name)) and name not in _HOSTS


def find(
    given: Mapping[str, str], in_conf: Mapping[str, str], conf: Path, settings: Settings, kind: Kind
) -> Iterator[str]:
    """Yield a line for each variable that names a missing resource.

    `given` is the environment, which overrides `in_conf`, the variables of the file `conf`.
    """
    unused = _E2E_ALONE if kind == "conformance" else ()
    true, types = e2e_variables(settings), volume_types(settings)
    for name in _ONE:
        if name not in given or name in unused or given[name] == true.get(name):
            continue
        remedy = f"unset it, or use '{true[name]}'" if name in true else "unset it"
        yield f"{name}: '{given[name]}' is not what the cloud has; {remedy}"
    for name, value in {**in_conf, **given}.items():
        if not is_a_choice(name) or name in unused:
            continue
        what, names = ("flavor", FLAVORS) if "FLAVOR" in name else ("volume type", types)
        if names and value not in names:
            near = get_close_matches(value, names, n=1, cutoff=0)[0]
            where = name if name in given else f"{name} in {conf}"
            yield (
                f"{where}: the cloud will have no {what} '{value}'; did you mean '{near}'? It will"
                f" have {', '.join(names)}"
            )
