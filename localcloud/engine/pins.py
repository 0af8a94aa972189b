"""Pins: the Go modules and flags that programs are built with, and those of the engine.

go.mod and go.sum are the only place with versions. This module reads them and refuses a go.mod that
does not require the program's module.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


@dataclass(frozen=True, kw_only=True)
class Program:
    """One executable and the module that it is built from."""

    name: str
    folder: Path
    """Folder with the go.mod and go.sum that pin everything."""
    module: str
    package: str
    """Path inside the module. One that begins with `./` is our own, beside go.mod."""
    version_variable: str = ""
    """Go variable that the linker sets to the version; empty: the program has none."""
    test_tags: tuple[str, ...] = ()
    """Build tags of the package's tests; with them, the program is the package's test binary."""

    @property
    def version(self) -> str:
        """Pinned version of the module, without its v. Raises ValueError if go.mod has none."""
        return self._find(rf"^\s*(?:require )?{re.escape(self.module)} v(\S+)")

    @property
    def go_version(self) -> str:
        """Oldest Go that can build it, by go.mod."""
        return self._find(r"^go (\S+)")

    @property
    def import_path(self) -> str:
        """Argument of `go build`."""
        return self.package if self.package.startswith("./") else f"{self.module}/{self.package}"

    def _find(self, pattern: str) -> str:
        path = self.folder / "go.mod"
        match = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
        if match is None:
            raise ValueError(f"{path} has no line like {pattern}")
        return match[1]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Programs that are built together and share a folder of the cache."""

    name: str
    what: str
    """Name in messages."""
    minutes: int
    """Minutes that the build takes on two cores, for the message before it."""
    programs: tuple[Program, ...]


CLI = Program(
    name="pulumi",
    folder=_FOLDER / "cli",
    module="github.com/pulumi/pulumi/pkg/v3",
    package="cmd/pulumi",
    version_variable=_VERSION_VARIABLE,
)
LANGUAGE_HOST = Program(
    name="pulumi-language-python",
    folder=_FOLDER / "language_python",
    module="github.com/pulumi/pulumi/sdk/v3",
    package="python/cmd/pulumi-language-python",
    version_variable=_VERSION_VARIABLE,
)
ENGINE = Bundle(name="engine", what="the Pulumi engine", minutes=5, programs=(CLI, LANGUAGE_HOST))
# The language host starts the user's program with this script, which is in the same module.
LAUNCHER = "python/cmd/pulumi-language-python-exec"


def build_flags(program: Program) -> list[str]:
    """Return the flags of the build: no symbols, no paths of this machine, the version and tags.

    Without paths and VCS stamps the same pins give the same program on every machine.
    """
    linked = "-s -w"
    if program.version_variable:
        linked += f" -X {program.version_variable}={program.version}"
    flags = ["-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", linked]
    if program.test_tags:
        flags += ["-tags", ",".join(program.test_tags)]
    return flags


def cache_key(toolchain: str, bundle: Bundle = ENGINE) -> str:
    """Return a folder name that changes with the pins, the flags, own sources and the Go toolchain.

    So a cached build is never used for other pins. It begins with the version, for people.
    """
    digest = hashlib.sha256(repr((toolchain, LAUNCHER)).encode())
    for program in bundle.programs:
        digest.update(repr((program.package, build_flags(program))).encode())
        # A program of our own changes without its pins.
        own = sorted(program.folder.rglob("*.go"))
        for path in (program.folder / "go.mod", program.folder / "go.sum", *own):
            digest.update(path.read_bytes())
    return f"{bundle.programs[0].version}-{digest.hexdigest()[:16]}"
