"""Plugins under test, run as the engine runs them: as processes, one of each for a session."""

from collections.abc import Callable, Iterator

import pytest

from localcloud.compute_api.server import ComputeApi
from tests.unit.localcloud.plugins.gcp_plugin import GcpPlugin
from tests.unit.localcloud.plugins.plugin_process import Plugin


@pytest.fixture(scope="session")
def command() -> Iterator[Plugin]:
    plugin = Plugin("localcloud.plugins.command")
    yield plugin
    plugin.close()


@pytest.fixture
def make_command() -> Iterator[Callable[[], Plugin]]:
    """Start command plugins for tests that leave them unusable."""
    plugins = []

    def make() -> Plugin:
        plugins.append(Plugin("localcloud.plugins.command"))
        return plugins[-1]

    yield make
    for plugin in plugins:
        plugin.close()


@pytest.fixture(scope="session")
def api() -> Iterator[ComputeApi]:
    """One Compute API for all tests, which have projects of their own."""
    with ComputeApi() as started:
        yield started


@pytest.fixture
def gcp(api: ComputeApi, gcp_process: Plugin) -> GcpPlugin:
    """The gcp plugin, configured for an empty project."""
    return GcpPlugin(gcp_process, api)


@pytest.fixture(scope="session")
def gcp_process() -> Iterator[Plugin]:
    """One process for all tests, since each test configures it again."""
    plugin = Plugin("localcloud.plugins.gcp")
    yield plugin
    plugin.close()
