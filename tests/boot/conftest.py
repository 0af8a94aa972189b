"""Two machines that boot from the program's own user data, on a network of their own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from job.folders import cache_dir
from localcloud.machines.booted import BootedMachine
from localcloud.machines.switch import Switch
from localcloud.machines.tree import ensure_tree
from stacks.credentials import Credentials
from stacks.devstack_services import Role
from stacks.settings import Settings
from stacks.user_data import render
from tests.boot.git_service import PORT, GitService
from tests.boot.site import Site

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def tree() -> Path:
    """What all machines boot from."""
    if os.geteuid():
        pytest.fail("machines boot as root only")
    return ensure_tree(cache_dir(os.environ))


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    """Credentials made as a stack makes them."""
    made = subprocess.run(
        [sys.executable, CHECKOUT / "stacks" / "generate_credentials.py"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    return Credentials(**json.loads(made.stdout))


@pytest.fixture
def make_site(tree: Path, credentials: Credentials) -> Iterator[Callable[..., Site]]:
    """Make a network with a git service and both machines, switched off."""
    sites: list[Site] = []
    with tempfile.TemporaryDirectory(prefix="boot-") as folder:

        def make(standin: dict[str, str] | None = None, **given: str) -> Site:
            site = Site(Path(folder), tree, credentials, standin or {}, given)
            sites.append(site)
            return site

        yield make
        for site in sites:
            site.remove()
