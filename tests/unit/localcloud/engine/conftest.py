"""A Go and a Pulumi CLI that only record their calls."""

import sys

import pytest

from tests.search_path import path_without

_GO = """\
#!{python}
import pathlib, sys, time
folder = pathlib.Path(__file__).parent
with (folder / "go-calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
command = sys.argv[1]
if command == "env":
    print({version!r}, "linux", "amd64", sep="\\n")
elif command == "build":
    print("some/package", file=sys.stderr)
    time.sleep({build_s})
    if {fails}:
        sys.exit("undefined: everything")
    program = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
    program.write_text((folder / "pulumi").read_text())
    program.chmod(0o755)
else:
    print(folder / "module")
"""
_PULUMI = """\
#!/bin/sh
echo "$@" >> {folder}/pulumi-calls
case "$*" in
  version) echo v{version} ;;
  plugin*) for file; do :; done; mkdir -p "$PULUMI_HOME" && cp "$file" "$PULUMI_HOME/$4.tar.gz" ;;
esac
exit {code}
"""


class Toolbox:
    """A folder for PATH with the programs that a test adds."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        launcher = folder / "module/python/cmd/pulumi-language-python-exec"
        launcher.parent.mkdir(parents=True)
        launcher.write_text("#!/usr/bin/env python3\n")

    def add_go(self, *, version="go1.99.1", build_s=0, fails=False):
        """Add a `go` whose builds take that long, or fail."""
        text = _GO.format(python=sys.executable, version=version, build_s=build_s, fails=fails)
        self._add("go", text)
        # The result of its builds.
        (self.folder / "pulumi").write_text(self._pulumi("3.999.0", 0))

    def add_pulumi(self, version, *, language_host=True, code=0):
        """Add a `pulumi` of a version, with an exit code."""
        self._add("pulumi", self._pulumi(version, code))
        if language_host:
            self._add("pulumi-language-python", "#!/bin/sh\n")

    def calls(self, program):
        """Return the calls of a program."""
        path = self.folder / f"{program}-calls"
        return path.read_text().splitlines() if path.exists() else []

    def _pulumi(self, version, code):
        return _PULUMI.format(folder=self.folder, version=version, code=code)

    def _add(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)


@pytest.fixture
def toolbox(tmp_path):
    return Toolbox(tmp_path / "tools")


@pytest.fixture
def environ(tmp_path, toolbox):
    """An environment with the toolbox on PATH, and the tools that a shell script needs."""
    return {
        "PATH": f"{toolbox.folder}:{path_without('pulumi')}",
        "HOME": str(tmp_path),
        "DEVSTACK_CACHE_DIR": str(tmp_path / "cache"),
    }
