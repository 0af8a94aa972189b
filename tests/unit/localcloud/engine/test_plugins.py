"""Plugins: stand-ins with the names and versions that the engine requests."""

import subprocess
import sys
import tarfile
from importlib.metadata import version

import pytest

from localcloud.engine import plugins
from localcloud.engine.plugins import ensure_installed
from localcloud.errors import LocalcloudError

_STUB = """\
import os, sys
print(sys.argv[1:], __name__, os.environ.get("PYTHONPATH"))
"""


@pytest.fixture
def cli(toolbox):
    toolbox.add_pulumi("3.999.0")
    return toolbox.folder / "pulumi"


def test_the_versions_are_those_of_the_installed_sdks(cli, toolbox, environ, tmp_path):
    ensure_installed(cli, tmp_path / "cache", environ)
    calls = [call.partition(" --file ")[0] for call in toolbox.calls("pulumi")]

    assert calls == [
        f"plugin install resource gcp {version('pulumi-gcp')}",
        f"plugin install resource command {version('pulumi-command')}",
    ]


def test_the_archive_holds_one_executable_that_runs_the_stand_in(
    cli, environ, tmp_path, monkeypatch
):
    """It runs in any folder, and sets no variable that the plugin's commands would inherit."""
    checkout = tmp_path / "a checkout"
    stub = checkout / "localcloud/plugins/gcp.py"
    stub.parent.mkdir(parents=True)
    stub.write_text(_STUB)
    monkeypatch.setattr(plugins, "CHECKOUT", checkout)
    home = ensure_installed(cli, tmp_path / "cache", environ)
    with tarfile.open(home / "gcp.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    done = subprocess.run(
        [tmp_path / "pulumi-resource-gcp", "127.0.0.1:1"],
        capture_output=True,
        check=True,
        cwd="/",
        env=environ,
        text=True,
    )

    assert done.stdout == "['127.0.0.1:1'] __main__ None\n"


def test_they_are_installed_once(cli, toolbox, environ, tmp_path):
    first = ensure_installed(cli, tmp_path / "cache", environ)

    assert ensure_installed(cli, tmp_path / "cache", environ) == first
    assert len(toolbox.calls("pulumi")) == 2


@pytest.mark.parametrize("place", [(sys, "executable"), (plugins, "CHECKOUT")], ids=["sys", "own"])
def test_another_interpreter_or_checkout_gets_its_own(cli, environ, tmp_path, monkeypatch, place):
    """The old stand-ins would run code that may be gone."""
    first = ensure_installed(cli, tmp_path / "cache", environ)
    monkeypatch.setattr(*place, "/elsewhere")

    assert ensure_installed(cli, tmp_path / "cache", environ) != first


def test_a_failed_installation_leaves_nothing_that_looks_installed(toolbox, environ, tmp_path):
    toolbox.add_pulumi("3.999.0", code=1)
    cli = toolbox.folder / "pulumi"

    with pytest.raises(LocalcloudError, match=r"plugins: gcp \S+ was not installed"):
        ensure_installed(cli, tmp_path / "cache", environ)
    assert list((tmp_path / "cache/engine").glob("*-*")) == []
