"""Two machines that boot from the program's own user data, on a network of their own."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from host.folders import cache_dir
from localcloud.machines.strays import remove_strays, switch_name
from localcloud.machines.tree import ensure_tree
from stacks.credentials import Credentials
from tests.boot.nodes import make_credentials
from tests.boot.site import Site

MakeSite = Callable[..., Site]


@pytest.fixture(scope="session")
def tree() -> Path:
    """The root file system that all machines boot from; fails unless run as root."""
    if os.geteuid():
        pytest.fail("machines boot as root only")
    cache = cache_dir(os.environ)
    remove_strays(cache)
    return ensure_tree(cache)


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    """One set of credentials for all nodes of the session."""
    return make_credentials()


@contextmanager
def _sites(tree: Path, credentials: Credentials) -> Iterator[MakeSite]:
    with tempfile.TemporaryDirectory(prefix=f"{switch_name()}-") as folder, ExitStack() as undo:

        def make(standin: dict[str, str] | None = None, **given: str) -> Site:
            return undo.enter_context(
                closing(Site(Path(folder), tree, credentials, standin or {}, given))
            )

        yield make


@pytest.fixture
def make_site(tree: Path, credentials: Credentials) -> Iterator[MakeSite]:
    """Make the test's one network, with a git service and both machines, switched off."""
    with _sites(tree, credentials) as make:
        yield make


@pytest.fixture(scope="module")
def finished(tree: Path, credentials: Credentials) -> Iterator[Site]:
    """Both nodes, started at the same moment and built. Shared: tests must not change anything."""
    with _sites(tree, credentials) as make:
        site = make()
        site.controller.start()
        site.worker.start()
        with site.watched_processes():
            for machine in (site.controller, site.worker):
                answer = site.wait(machine)
                assert answer.code == 0, answer
            answer = site.wait(site.controller, "worker")
        assert answer.code == 0, answer
        yield site
