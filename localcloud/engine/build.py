"""Build: compile the pinned programs once, and keep them where the next run finds them."""

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
    """The folder with all three programs of the engine, which are built if need be."""
    return ensure_bundle(pins.ENGINE, cache, environ, finish=_add_launcher)


def ensure_bundle(
    bundle: pins.Bundle,
    cache: Path,
    environ: Mapping[str, str],
    *,
    finish: Callable[[Path, Mapping[str, str]], object] = lambda _folder, _environ: None,
) -> Path:
    """The folder with the programs of a bundle, which are built and finished if need be."""
    folder = cache / bundle.name
    built = folder / pins.cache_key(_toolchain(bundle, environ), bundle)
    if built.is_dir():
        return built
    with exclusive(folder / "build.lock", f"it builds {bundle.what}"):
        if not built.is_dir():
            _build(bundle, built, environ, finish)
    return built


def _toolchain(bundle: pins.Bundle, environ: Mapping[str, str]) -> str:
    """Go's version and platform. Raises LocalcloudError without a Go that can build the pins."""
    needed = max((program.go_version for program in bundle.programs), key=parse)
    remedy = f"install Go {needed} or newer"
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise LocalcloudError(f"go: not on PATH, and it has to build {bundle.what}; {remedy}")
    program = Program(
        command=[go, "env", "GOVERSION", "GOOS", "GOARCH"],
        environment=environ,
        # There, a Go that may fetch its successor is already the one that go.mod asks for.
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
    """Fill a folder beside `built` and rename it, so that nobody sees half of it."""
    for leftover in built.parent.glob("building-*"):
        shutil.rmtree(leftover, ignore_errors=True)  # of a build that was killed
    say(f"building {bundle.what} from Go modules: once, about {bundle.minutes} minutes on 2 cores")
    unfinished = Path(tempfile.mkdtemp(prefix="building-", dir=built.parent))
    for program in bundle.programs:
        _compile(program, unfinished, environ)
    finish(unfinished, environ)
    unfinished.chmod(0o755)
    unfinished.rename(built)


def _add_launcher(folder: Path, environ: Mapping[str, str]) -> None:
    launcher = folder / Path(pins.LAUNCHER).name
    shutil.copyfile(_module_folder(pins.LANGUAGE_HOST, environ) / pins.LAUNCHER, launcher)
    launcher.chmod(0o755)


def _compile(program: pins.Program, folder: Path, environ: Mapping[str, str]) -> None:
    """Run `go build`, with a line of progress now and then."""
    flags = [*pins.build_flags(program), "-o", str(folder / program.name)]
    log = folder.parent / f"{program.name}.log"

    def progress(elapsed_s: float) -> str:
        packages = log.read_text(encoding="utf-8", errors="replace").count("\n")
        return f"building {program.name}: {elapsed_s:.0f} s, {packages} packages"

    command = ["go", "build", "-v", *flags, program.import_path]
    took_s = build(
        Program(command=command, environment=environ, folder=program.folder),
        log,
        progress,
        f"go: {program.name} {program.version} was not built",
    )
    say(f"built {program.name} {program.version} in {took_s:.0f} s")


def _module_folder(program: pins.Program, environ: Mapping[str, str]) -> Path:
    """Where Go keeps the source of a pinned module."""
    listing = run(
        *("go", "list", "-m", "-f", "{{.Dir}}", program.module),
        environ=environ,
        folder=program.folder,
        timeout_s=_QUERY_TIMEOUT_S,
    )
    return Path(listing.strip())
