"""Plugins under test run as the engine runs them: as processes, one for a session."""

from collections.abc import Callable, Iterator

import pytest

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
