"""Engine: the user's suitable CLI with the user's plugins, or else localcloud's own."""

import os
from pathlib import Path

import pytest

from host.pulumi_cli import required_version
from localcloud.engine.engine import ensure


def test_a_suitable_pulumi_is_used_with_the_plugins_it_has(toolbox, environ):
    """The environment stays unchanged, so no stand-in shadows a real plugin."""
    toolbox.add_pulumi(required_version())
    engine = ensure(environ)

    assert engine.cli == toolbox.folder / "pulumi"
    assert engine.environment == {}
    assert engine.real_plugins
    assert toolbox.calls("pulumi") == ["version"]
    assert not Path(environ["DEVSTACK_CACHE_DIR"]).exists()


@pytest.mark.parametrize(
    "case",
    [
        ({"version": "3.1.0"}, "3.1.0, too old"),
        ({"version": "3.999.0", "language_host": False}, "no pulumi-language-python"),
        ({"version": "3.999.0", "code": 1}, "does not answer"),
    ],
    ids=["old", "without language host", "broken"],
)
def test_an_unsuitable_pulumi_is_passed_over_with_the_reason(
    toolbox, environ, tmp_path, capsys, case
):
    pulumi, reason = case
    tools = tmp_path / "users"
    users = type(toolbox)(tools)
    users.add_pulumi(**pulumi)
    toolbox.add_go()
    engine = ensure(environ | {"PATH": f"{tools}:{environ['PATH']}"})

    assert not engine.real_plugins
    assert reason in capsys.readouterr().err


def test_its_own_engine_comes_first_and_fetches_nothing(toolbox, environ):
    toolbox.add_go()
    (toolbox.folder / "pulumi").chmod(0o644)
    engine = ensure(environ)
    path = engine.environment["PATH"].split(os.pathsep)

    assert Path(path[0], "pulumi") == engine.cli
    assert os.pathsep.join(path[1:]) == environ["PATH"]
    assert engine.environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert Path(engine.environment["PULUMI_HOME"]).is_relative_to(environ["DEVSTACK_CACHE_DIR"])


def test_its_own_engine_is_not_taken_for_the_users(toolbox, environ):
    """`localcloud run` inside `localcloud run` needs the stand-in plugins as well."""
    toolbox.add_go()
    (toolbox.folder / "pulumi").chmod(0o644)
    outer = ensure(environ)
    inner = ensure(environ | outer.environment)

    assert inner.cli == outer.cli
    assert not inner.real_plugins
