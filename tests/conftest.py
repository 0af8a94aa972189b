"""All tests: what is the same for each of them."""

import os
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id

from tests import forkserver

_HERE = Path(__file__).parent
_LONG = {"boot", "engine", "job"}
_SERVER = pytest.StashKey[forkserver.ForkServer]()
_FOLDER = "FORKSERVER_FOLDER"


def pytest_configure(config: pytest.Config) -> None:
    """Let the stand-in gcp plugin sleep less than the real one; start the fork server."""
    os.environ.setdefault("LOCALCLOUD_INSTANCE_DELAY_S", "0.1")
    if not hasattr(config, "workerinput"):
        config.stash[_SERVER] = forkserver.start()
        # For xdist's processes, which inherit it.
        os.environ[_FOLDER] = str(config.stash[_SERVER].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the fork server."""
    if _SERVER in config.stash:
        forkserver.stop(config.stash[_SERVER])


@pytest.fixture(scope="session")
def fork_server() -> Path:
    """Virtual environment whose `python3` asks the fork server."""
    return Path(os.environ[_FOLDER])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long; keep a group in one process.

    xdist 3.8 names a group where pytest 9.2 does not look any more.
    """
    # A process that begins a minute's test last keeps all others waiting.
    items.sort(key=lambda item: item.path.relative_to(_HERE).parts[0] not in _LONG)
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        if group := item.get_closest_marker("xdist_group"):
            item._id = coerce_node_id(f"{item.nodeid}@{group.args[0]}")
            assert item.nodeid.endswith(f"@{group.args[0]}")
