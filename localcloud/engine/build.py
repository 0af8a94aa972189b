"""Build: compile the pinned programs once and cache them.

A build needs the Go that the pins ask for, or a newer one; otherwise it is refused before it
begins. A build with other pins, other flags or another Go is not used: it has another folder.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from host.processes import Program, ask
from host.pulumi_cli import parse
from localcloud.console import say
from localcloud.engine import pins
from localcloud.errors import LocalcloudError
from localcloud.locks import exclusive
from localcloud.programs import build, run

_QUERY_TIMEOUT_S = 600  # `go list` may have to download the module first


def ensure_built(cache: Path, environ: Mapping[str, str]) -> Path:
    """Return the folder with the engine's three programs. Build them first if there are none.

    Raises LocalcloudError without a suitable Go, or if the build fails.
    """
    return ensure_bundle(pins.ENGINE, cache, environ, finish=_add_launcher)


def ensure_bundle(
    bundle: pins.Bundle,
    cache: Path,
    environ: Mapping[str, str],
    *,
    finish: Callable[[Path, Mapping[str, str]], object] = lambda _folder, _environ: None,
) -> Path:
    """Return the folder with a bundle's programs. Build them first if there are none.

    `finish` gets the new folder and the environment, to add files. Raises LocalcloudError.
    """
    folder = cache / bundle.name
    built = folder / pins.cache_key(_toolchain(bundle, environ), bundle)
    if built.is_dir():
        return built
    with exclusive(folder / "build.lock", f"it builds {bundle.what}"):
        # Another process may have built it while this one waited.
        if not built.is_dir():
            _build(bundle, built, environ, finish)
    return built


def _toolchain(bundle: pins.Bundle, environ: Mapping[str, str]) -> str:
    """Return Go's version, OS and architecture. Raises LocalcloudError for no Go or an old one."""
    needed = max((program.go_version for program in bundle.programs), key=parse)
    remedy = f"install Go {needed} or newer"
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise LocalcloudError(f"go: not on PATH, and it has to build {bundle.what}; {remedy}")
    program = Program(
        command=[go, "env", "GOVERSION", "GOOS", "GOARCH"],
        environment=environ,
        # Beside go.mod, Go reports the toolchain that go.mod asks for, if it may download that.
        folder=bundle.programs[0].folder,
    )
    answer = ask(program, timeout_s=_QUERY_TIMEOUT_S)
    toolchain = " ".join(answer.output.split())
    if answer.code or parse(toolchain.removeprefix("go")) < parse(needed):
        found = toolchain.split(" ")[0] or answer.complaint
        raise LocalcloudError(f"go: {go} is too old ({found}); {remedy}")
    return toolchain


def _build(
    bundle: pins.Bundle,
    built: Path,
    environ: Mapping[str, str],
    finish: Callable[[Path, Mapping[str, str]], object],
) -> None:
    """Fill a folder beside `built` and rename it, so that nobody uses half of a build."""
    # Leftovers of killed builds: the lock says that no other build runs.
    for leftover in built.parent.glob("building-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    say(f"building {bundle.what} from Go modules: once, about {bundle.minutes} minutes on 2 cores")
    unfinished = Path(tempfile.mkdtemp(prefix="building-", dir=built.parent))
    for program in bundle.programs:
        _compile(program, unfinished, environ)
    finish(unfinished, environ)
    # With the 0700 of mkdtemp no other user could run the programs.
    unfinished.chmod(0o755)
    unfinished.rename(built)


def _add_launcher(folder: Path, environ: Mapping[str, str]) -> None:
    # A script cannot be compiled, so it is copied from the module's source.
    launcher = folder / Path(pins.LAUNCHER).name
    shutil.copyfile(_module_folder(pins.LANGUAGE_HOST, environ) / pins.LAUNCHER, launcher)
    launcher.chmod(0o755)


def _compile(program: pins.Program, folder: Path, environ: Mapping[str, str]) -> None:
    """Compile a program with a line of progress from time to time. Raises LocalcloudError."""
    flags = [*pins.build_flags(program), "-o", str(folder / program.name)]
    log = folder.parent / f"{program.name}.log"

    # `go build -v` prints a line for each package, `go test` does not.
    verb = ("test", "-c") if program.test_tags else ("build", "-v")

    def progress(elapsed_s: float) -> str:
        packages = log.read_text(encoding="utf-8", errors="replace").count("\n")
        counted = "" if program.test_tags else f", {packages} packages"
        return f"building {program.name}: {elapsed_s:.0f} s{counted}"

    command = ["go", *verb, *flags, program.import_path]
    took_s = build(
        Program(command=command, environment=environ, folder=program.folder),
        log,
        progress,
        f"go: {program.name} {program.version} was not built",
    )
    say(f"built {program.name} {program.version} in {took_s:.0f} s")


def _module_folder(program: pins.Program, environ: Mapping[str, str]) -> Path:
    """Return the folder with the source of a pinned module. Raises LocalcloudError."""
    listing = run(
        *("go", "list", "-m", "-f", "{{.Dir}}", program.module),
        environ=environ,
        folder=program.folder,
        timeout_s=_QUERY_TIMEOUT_S,
    )
    return Path(listing.strip())
