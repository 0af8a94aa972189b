"""Programs: gophercloud's acceptance tests, one test binary for each package of the module.

go.mod and go.sum pin the module. Go builds its internal packages by their import path, since they
are named on the command line and no package of ours imports them.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from host.folders import cache_dir
from localcloud.engine.build import ensure_bundle
from localcloud.engine.pins import Bundle, Program
from localcloud.programs import run

_FOLDER = Path(__file__).parent
_MODULE = "github.com/gophercloud/gophercloud/v2"
_TESTS = "internal/acceptance/openstack"
_BUILD_S = 300
_EXTENSIONS = "networking/v2/extensions"

# Without the tests of services and extensions that DevStack has only with further plugins: bgp,
# bgpvpns, fwaas_v2, taas and vpnaas.
PACKAGES = (
    *("compute/v2", "blockstorage/v3", "loadbalancer/v2", "networking/v2", _EXTENSIONS),
    *(f"{_EXTENSIONS}/{name}" for name in ("agents", "dns", "layer3", "mtu")),
    *(f"{_EXTENSIONS}/{name}" for name in ("networkipavailabilities", "portsbinding")),
    *(f"{_EXTENSIONS}/qos/{name}" for name in ("policies", "rules", "ruletypes")),
    *(f"{_EXTENSIONS}/{name}" for name in ("quotas", "rbacpolicies", "segments", "subnetpools")),
    *(f"{_EXTENSIONS}/{name}" for name in ("trunk_details", "trunks", "vlantransparent")),
)
CONVERTER = "test2json"
"""Go's program that turns the output of a test binary into events."""


def program_name(package: str) -> str:
    """Return the file name of a package's test binary."""
    return f"{package.replace('/', '-')}.test"


ACCEPTANCE = Bundle(
    name="gophercloud",
    what="gophercloud's acceptance tests",
    minutes=2,
    programs=tuple(
        Program(
            name=program_name(package),
            folder=_FOLDER,
            module=_MODULE,
            package=f"{_TESTS}/{package}",
            test_tags=("acceptance", "fixtures"),
        )
        for package in PACKAGES
    ),
)


def ensure() -> Path:
    """Build the test binaries unless they are built already; return their folder.

    Only a build needs the module proxy.
    """
    return ensure_bundle(ACCEPTANCE, cache_dir(os.environ), os.environ, finish=_add_converter)


def _add_converter(folder: Path, environ: Mapping[str, str]) -> None:
    """Build the converter from Go's own source, so that a run needs no Go."""
    command = ("go", "build", "-trimpath", "-o", folder / CONVERTER, f"cmd/{CONVERTER}")
    run(*command, environ=environ, folder=_FOLDER, timeout_s=_BUILD_S)
