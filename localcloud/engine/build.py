"""Build: compile the pinned programs once, and keep them where the next run finds them."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from host.pulumi_cli import parse
from localcloud.console import say
from localcloud.engine import pins
from localcloud.errors import LocalcloudError
from localcloud.locks import exclusive

_PROGRESS_S = 15
_QUERY_TIMEOUT_S = 600  # `go list` may have to download the module first
_TAIL_LINES = 5


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
    done = subprocess.run(
        [go, "env", "GOVERSION", "GOOS", "GOARCH"],
        # There, a Go that may fetch its successor is already the one that go.mod asks for.
        cwd=bundle.programs[0].folder,
        capture_output=True,
        check=False,
        env=dict(environ),
        text=True,
        timeout=_QUERY_TIMEOUT_S,
    )
    toolchain = " ".join(done.stdout.split())
    if done.returncode or parse(toolchain.removeprefix("go")) < parse(needed):
        found = toolchain.split(" ")[0] or done.stderr.strip().splitlines()[-1]
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
    started = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            ["go", "build", "-v", *flags, program.import_path],
            cwd=program.folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while _still_running(process):
                packages = log.read_text(encoding="utf-8", errors="replace").count("\n")
                elapsed = time.monotonic() - started
                say(f"building {program.name}: {elapsed:.0f} s, {packages} packages")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise LocalcloudError(
            f"go: {program.name} {program.version} was not built: {' | '.join(tail)}; see {log}"
        )
    say(f"built {program.name} {program.version} in {time.monotonic() - started:.0f} s")


def _still_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_PROGRESS_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _module_folder(program: pins.Program, environ: Mapping[str, str]) -> Path:
    """Where Go keeps the source of a pinned module."""
    done = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", program.module],
        cwd=program.folder,
        capture_output=True,
        check=True,
        env=dict(environ),
        text=True,
        timeout=_QUERY_TIMEOUT_S,
    )
    return Path(done.stdout.strip())
