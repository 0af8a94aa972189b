"""Plugins under test run as the engine runs them: as processes, one for a session."""

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
    """For tests that leave the plugin unusable."""
    plugins = []

    def make() -> Plugin:
        plugins.append(Plugin("localcloud.plugins.command"))
        return plugins[-1]

    yield make
    for plugin in plugins:
        plugin.close()


@pytest.fixture(scope="session")
def api() -> Iterator[ComputeApi]:
    """One API for all; each test has a project of its own."""
    with ComputeApi() as started:
        yield started


@pytest.fixture
def gcp(api: ComputeApi, gcp_process: Plugin) -> GcpPlugin:
    """The gcp plugin, configured for a project that is empty."""
    return GcpPlugin(gcp_process, api)


@pytest.fixture(scope="session")
def gcp_process() -> Iterator[Plugin]:
    """One process for all, since it can be configured again."""
    plugin = Plugin("localcloud.plugins.gcp")
    yield plugin
    plugin.close()
