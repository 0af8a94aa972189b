"""Names: files in the checkout are never mistaken for the values of settings or inputs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from host.folders import CHECKOUT
from tests.patience import PATIENCE_S

_MADE_BY_TOOLS = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")


@pytest.fixture
def checkout(tmp_path):
    """A copy of the checkout that keeps modification times, so make installs nothing."""
    return shutil.copytree(CHECKOUT, tmp_path / "checkout", ignore=_MADE_BY_TOOLS)


@pytest.fixture
def make(checkout, engine, fork_server, tmp_path):
    """Run make in the copy with a state folder of its own; `make down` runs at the end."""
    # Share the built engine only: stand-in plugins contain the path of their checkout.
    builds = tmp_path / "cache" / "engine"
    builds.mkdir(parents=True)
    if not engine.real_plugins:
        (builds / engine.cli.parent.name).symlink_to(engine.cli.parent)
    folders = {"STATE": tmp_path / "state", "CACHE": tmp_path / "cache"}
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    environment |= {f"DEVSTACK_{name}_DIR": str(path) for name, path in folders.items()}
    installed = f"--old-file={fork_server}/.requirements-installed"

    def run(target):
        done = subprocess.run(
            ["make", f"VENV={fork_server}", installed, target],
            capture_output=True,
            check=False,
            cwd=checkout,
            env=environment,
            text=True,
            timeout=PATIENCE_S,
        )
        assert done.returncode == 0, f"make {target}: {done.stdout}{done.stderr}"

    yield run
    run("down")


def values(document):
    """Return all texts in a document that could be a path in the checkout."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return {text for each in document for text in values(each)}
    if not isinstance(document, str) or not document.isprintable():
        return set()
    return {document} if document and document[0] not in "/~" and ".." not in document else set()


def values_of_the_stack(state):
    """Return the values in the settings file and in the state."""
    settings = yaml.safe_load((state / "localcloud" / "Pulumi.local.yaml").read_text())
    [path] = state.glob("stacks/local/backend/.pulumi/stacks/*/local.json")
    resources = json.loads(path.read_text())["checkpoint"]["latest"]["resources"]
    return values(settings) | values(resources)


def litter(checkout, names, make_one):
    """Create a file or folder for each value whose name is free; return these names."""
    made = []
    for name in sorted(names):
        path = Path(checkout, name)
        if max(map(len, path.parts)) < 256 and not os.path.lexists(path):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                make_one(path)
            except (FileExistsError, NotADirectoryError):
                continue  # a parent of the path is a file that was made for another value
            made.append(name)
    return made


def test_a_checkout_may_hold_files_and_folders_of_every_name_that_we_use(make, checkout, tmp_path):
    """The provider takes an access token for a path first; it once read the folder `localcloud`."""
    make("up")
    names = values_of_the_stack(tmp_path / "state")
    assert {"localcloud", "capo-e2e-local-controller", "us-east4", "10.0.3.15"} <= names
    for make_one in (Path.mkdir, Path.touch):
        make("down")
        made = litter(checkout, names, make_one)
        assert "capo-e2e-local-controller" in made

        make("up")

        for name in made:
            path = checkout / name
            path.rmdir() if path.is_dir() else path.unlink()
