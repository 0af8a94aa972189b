"""Pins: which modules programs are built from, as go.mod says, and how; those of the engine."""

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
    """Within the module; or, from `./` on, of our own beside go.mod."""
    version_variable: str = ""
    """Where the program looks for its own version, if it does."""

    @property
    def version(self) -> str:
        """The pinned version of the module, without its v."""
        return self._find(rf"^\s*(?:require )?{re.escape(self.module)} v(\S+)")

    @property
    def go_version(self) -> str:
        """The oldest Go that will do."""
        return self._find(r"^go (\S+)")

    @property
    def import_path(self) -> str:
        """What `go build` builds."""
        return self.package if self.package.startswith("./") else f"{self.module}/{self.package}"

    def _find(self, pattern: str) -> str:
        path = self.folder / "go.mod"
        match = re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
        if match is None:
            raise ValueError(f"{path} has no line like {pattern}")
        return match[1]


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Programs that are built together, and kept in one folder of the cache."""

    name: str
    what: str
    """What a person calls them."""
    minutes: int
    """How long they take to build on two cores."""
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
# The language host runs the user's program through this script of its own module.
LAUNCHER = "python/cmd/pulumi-language-python-exec"


def build_flags(program: Program) -> list[str]:
    """What `go build` is told: no symbols, no paths of this machine, and the version."""
    linked = "-s -w"
    if program.version_variable:
        linked += f" -X {program.version_variable}={program.version}"
    return ["-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", linked]


def cache_key(toolchain: str, bundle: Bundle = ENGINE) -> str:
    """A name that changes with the pins, the way of building and the Go toolchain."""
    digest = hashlib.sha256(repr((toolchain, LAUNCHER)).encode())
    for program in bundle.programs:
        digest.update(repr((program.package, build_flags(program))).encode())
        own = sorted(program.folder.rglob("*.go"))
        for path in (program.folder / "go.mod", program.folder / "go.sum", *own):
            digest.update(path.read_bytes())
    return f"{bundle.programs[0].version}-{digest.hexdigest()[:16]}"
