"""fresh-path: the PATH of `.ci/run` hides programs that only this machine has."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / ".ci/fresh-path"
README_TOOLS = ["git", "make", "python3", "ssh", "ssh-keygen", "go"]
NOT_FOUND = 127


def run(path, *words):
    """Run a command with that PATH."""
    return subprocess.run(
        ["/usr/bin/env", *words],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": str(path)},
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """A folder with a program that a person installed, and an apt-get that does nothing."""
    folder = tmp_path_factory.mktemp("by-hand")
    for name in ("linter", "apt-get"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory, by_hand):
    """The folder that fresh-path fills when the hand-installed program is first on PATH."""
    folder = tmp_path_factory.mktemp("fresh")
    done = run(f"{by_hand}:{os.environ['PATH']}", SCRIPT, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_program_that_was_put_on_path_by_hand_is_hidden(fresh, by_hand):
    assert run(by_hand, "linter").returncode == 0
    assert run(fresh, "linter").returncode == NOT_FOUND


def test_what_every_debian_has_and_what_the_readme_names_is_there(fresh):
    names = ["awk", "sed", "tar", *README_TOOLS]
    found = run(fresh, "bash", "-c", f"type -P {' '.join(names)}")

    assert found.stdout.split() == [str(fresh / name) for name in names]
    assert run(fresh, "python3", "-c", "import ensurepip").returncode == 0
    assert run(fresh, "go", "version").stdout.startswith("go version")


def test_the_readme_asks_for_what_is_there_from_the_beginning():
    [asked_for] = re.findall(r"(?m)^asked_for=\((.*)\)$", SCRIPT.read_text())
    [sentence] = re.findall(r"(?ms)^Requirements: .*?\. ", (ROOT / "README.md").read_text())

    assert asked_for.split() == README_TOOLS
    for name in ("bash", "git", "make", "Python 3.11 with venv", "ssh and ssh-keygen", "Go 1.26"):
        assert name in sentence


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_what_need_packages_installs_is_there_from_then_on(fresh):
    """apt-get does nothing here: the package is installed, since it has ssh-keygen, too."""
    before = run(fresh, "bash", "-c", "type -P ssh-add")
    done = run(fresh, ROOT / "scripts/need-packages", "ssh-add=openssh-client")
    after = run(fresh, "bash", "-c", "type -P ssh-add")

    assert (before.stdout, done.returncode) == ("", 0), done.stderr
    assert after.stdout.strip() == str(fresh / "ssh-add")


def test_what_only_asks_apt_gets_its_answer(fresh):
    """The machines' root file system is built from apt's package sources."""
    done = run(fresh, "apt-get", "indextargets", "--format", "$(RELEASE)")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_machine_that_lacks_what_the_readme_names_is_told_so(fresh, tmp_path):
    machine = shutil.copytree(fresh, tmp_path / "machine", symlinks=True)
    (machine / "go").unlink()
    (tmp_path / "second").mkdir()
    done = run(machine, SCRIPT, tmp_path / "second")

    assert done.returncode == 1
    assert done.stderr == "fresh-path: go is missing; README.md says what a machine needs\n"
