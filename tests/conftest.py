"""All tests: what is the same for each of them."""

import os

import pytest
from _pytest.nodeid import coerce_node_id


def pytest_configure() -> None:
    """Let the stand-in gcp plugin sleep less than the real one after each instance."""
    os.environ.setdefault("LOCALCLOUD_INSTANCE_DELAY_S", "0.1")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a group in one process: xdist 3.8 names it where pytest 9.2 does not look any more."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        if group := item.get_closest_marker("xdist_group"):
            item._id = coerce_node_id(f"{item.nodeid}@{group.args[0]}")
            assert item.nodeid.endswith(f"@{group.args[0]}")
