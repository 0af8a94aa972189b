"""Command line of localcloud: an engine and a cloud on this machine, for any command."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from job.folders import state_dir
from localcloud import daemon, stack_settings
from localcloud.engine.engine import ensure
from localcloud.errors import LocalcloudError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; its exit code."""
    given = _parser().parse_args(arguments)
    folder = given.folder or state_dir(os.environ) / "localcloud"
    try:
        code: int = given.function(given, folder)
    except LocalcloudError as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="run a command that finds the engine and the cloud")
    run.add_argument("--project", default="localcloud", help="the project's id (%(default)s)")
    run.add_argument("--settings", type=Path, help="a stack settings file (Pulumi.ci.yaml)")
    run.add_argument(
        "--latency",
        action="append",
        default=[],
        metavar="KIND=SECONDS",
        help="how long operations take: network, instance, … or default",
    )
    run.add_argument("command", nargs="+", metavar="-- COMMAND", help="what to run")
    run.set_defaults(function=_run)

    build = commands.add_parser("build", help="build the engine now, if it was not yet")
    build.set_defaults(function=_build)
    stop = commands.add_parser("stop", help="end the cloud, and forget all that is in it")
    stop.set_defaults(function=_stop)
    status = commands.add_parser("status", help="tell whether the cloud runs, and where")
    status.set_defaults(function=_status)
    serve = commands.add_parser("serve", help="be the cloud, until a signal")
    serve.add_argument("--detach", action="store_true", help="in the background")
    serve.set_defaults(function=_serve)
    return parser


def _run(given: argparse.Namespace, folder: Path) -> NoReturn:
    """Become the command, so that its exit code and its signals are its own."""
    latency_s = dict(map(_latency, given.latency))
    engine = ensure(os.environ)
    cloud = daemon.ensure_running(folder, latency_s)
    settings = stack_settings.write(
        folder, endpoint=cloud.endpoint, project=given.project, base=given.settings
    )
    environment = {**os.environ, **engine.environment, "DEVSTACK_SETTINGS": str(settings)}
    _become(given.command, environment)


def _become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise LocalcloudError(f"run: {command[0]!r} is not on PATH")
    os.execve(program, list(command), dict(environment))  # noqa: S606 - there is no shell


def _latency(text: str) -> tuple[str, float]:
    kind, _, seconds = text.partition("=")
    try:
        return kind, float(seconds)
    except ValueError:
        raise LocalcloudError(f"--latency: {text!r} is not of the form instance=2.0") from None


def _build(_given: argparse.Namespace, _folder: Path) -> int:
    print(ensure(os.environ).cli)
    return 0


def _stop(_given: argparse.Namespace, folder: Path) -> int:
    print("localcloud: stopped" if daemon.stop(folder) else "localcloud: it does not run")
    return 0


def _status(_given: argparse.Namespace, folder: Path) -> int:
    running = daemon.find(folder)
    if running is None:
        print("localcloud: it does not run")
        return 1
    print(f"localcloud: process {running.pid} serves {running.endpoint}")
    return 0


def _serve(given: argparse.Namespace, folder: Path) -> int:
    from localcloud import serve  # noqa: PLC0415 - it imports much that only it needs

    return serve.detached(folder) if given.detach else serve.serve(folder)
