"""need-packages: missing packages are installed or listed, present ones left alone."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S

SCRIPT = Path(__file__).parent.parent.parent / "scripts/need-packages"
# apt-get installs the command only if it has an index.
_APT = """\
#!/bin/bash
echo "$*" >> {folder}/apt-calls
case "$*" in
  update*) touch {folder}/index ;;
  *) [[ -e {folder}/index ]] && cp /bin/true {folder}/wanted ;;
esac
"""


@pytest.fixture
def folder(tmp_path):
    """The only folder on PATH besides the system's."""
    path = tmp_path / "bin"
    path.mkdir()
    return path


@pytest.fixture
def need(folder):
    """Run need-packages; return the finished process."""

    def run(*pairs):
        return subprocess.run(
            ["/bin/bash", SCRIPT, *pairs],
            capture_output=True,
            check=False,
            env={"PATH": f"{folder}:/usr/bin:/bin"},
            text=True,
            timeout=PATIENCE_S,
        )

    return run


@pytest.fixture
def apt(folder):
    """An apt-get without an index; returns the names of its calls."""
    (folder / "apt-get").write_text(_APT.format(folder=folder))
    (folder / "apt-get").chmod(0o755)

    def calls():
        path = folder / "apt-calls"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []

    return calls


def test_what_is_there_needs_nothing(need, apt):
    done = need("bash=bash")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert apt() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_root_gets_it_even_without_an_index(need, apt, folder):
    """A fresh container has no index."""
    done = need("wanted=some-package")

    assert done.returncode == 0
    assert "installing Debian packages: some-package" in done.stderr
    assert apt() == ["install", "update", "install"]
    assert (folder / "wanted").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may install")
def test_a_package_that_cannot_be_had_is_named(need, folder):
    (folder / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    (folder / "apt-get").chmod(0o755)
    done = need("wanted=some-package")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "cannot install some-package; see apt-get above"


def test_without_rights_it_says_in_one_line_what_to_type():
    """Runs as another user than root, whoever runs the tests."""
    nobody = {"user": 65534} if os.geteuid() == 0 else {}
    done = subprocess.run(
        ["/bin/bash", "-s", "--", "wanted=some-package", "bash=bash", "other=another"],
        capture_output=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        input=SCRIPT.read_text(),
        text=True,
        timeout=PATIENCE_S,
        **nobody,
    )

    assert done.returncode == 1
    assert done.stderr == (
        "missing: some-package another;"
        " install it with: sudo apt-get install some-package another\n"
    )
