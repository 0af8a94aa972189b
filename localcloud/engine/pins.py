"""Pins: which modules the engine is built from, as go.mod says, and how."""

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
    """Holds the go.mod and go.sum that pin everything."""
    module: str
    package: str

    @property
    def version(self) -> str:
        """The pinned version of the module, without its v."""
        return self._find(rf"^\s*(?:require )?{re.escape(self.module)} v(\S+)")

    @property
    def go_version(self) -> str:
        """The oldest Go that will do."""
        return self._find(r"^go (\S+)")

    def _find(self, pattern: str) -> str:
        path = self.folder / "go.mod"
        match = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
        if match is None:
            raise ValueError(f"{path} has no line like {pattern}")
        return match[1]


CLI = Program(
    name="pulumi",
    folder=_FOLDER / "cli",
    module="github.com/pulumi/pulumi/pkg/v3",
    package="cmd/pulumi",
)
LANGUAGE_HOST = Program(
    name="pulumi-language-python",
    folder=_FOLDER / "language_python",
    module="github.com/pulumi/pulumi/sdk/v3",
    package="python/cmd/pulumi-language-python",
)
PROGRAMS = (CLI, LANGUAGE_HOST)
# The language host runs the user's program through this script of its own module.
LAUNCHER = "python/cmd/pulumi-language-python-exec"


def build_flags(program: Program) -> list[str]:
    """What `go build` is told: no symbols, no paths of this machine, and the version."""
    return [
        "-trimpath",
        "-buildvcs=false",
        "-mod=readonly",
        "-ldflags",
        f"-s -w -X {_VERSION_VARIABLE}={program.version}",
    ]


def cache_key(toolchain: str) -> str:
    """A name that changes with the pins, the way of building and the Go toolchain."""
    digest = hashlib.sha256(repr((toolchain, LAUNCHER)).encode())
    for program in PROGRAMS:
        digest.update(repr((program.package, build_flags(program))).encode())
        for name in ("go.mod", "go.sum"):
            digest.update((program.folder / name).read_bytes())
    return f"{CLI.version}-{digest.hexdigest()[:16]}"
