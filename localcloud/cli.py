"""Command line of localcloud: an engine and a cloud on this machine, for any command."""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from host.errors import RefusedError
from host.folders import cache_dir, state_dir
from localcloud import daemon, stack_settings
from localcloud.docker import engine as docker
from localcloud.engine.engine import ensure
from localcloud.errors import LocalcloudError
from localcloud.kind import Kind
from localcloud.machines import requirements
from localcloud.machines.configuration import DEFAULTS
from localcloud.machines.job_space import in_job_space
from localcloud.machines.tree import ensure_tree


def main(arguments: Sequence[str] | None = None, *, person: Mapping[str, str] = os.environ) -> int:
    """Run a subcommand and return its exit code: 1 for a refusal, which is printed as one line.

    `run` does not return: the process becomes the given command. That command gets `person`, the
    user's own environment, since it may be any program of the user.
    """
    given = _parser().parse_args(arguments)
    given.person = person
    try:
        given.kind = Kind.of(given)
        folder = given.folder or state_dir(os.environ) / given.kind.name
        code: int = given.function(given, folder)
    except (LocalcloudError, RefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    # For the daemon, which is started by this command line, and for tests.
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
    run.add_argument(
        "--beside-nodes",
        action="store_true",
        help="in the nodes' own network, outside both, instead of the job's (with --machines)",
    )
    run.add_argument(
        "--docker",
        action="store_true",
        help="give the command a Docker engine of its own beside the machines (with --machines)",
    )
    Kind.add_options(run)
    run.add_argument("command", nargs="+", metavar="-- COMMAND", help="what to run")
    run.set_defaults(function=_run)

    build = commands.add_parser(
        "build", help="build now what is built once: the engine, and the tree of --machines"
    )
    Kind.add_options(build)
    build.set_defaults(function=_build)
    stop = commands.add_parser("stop", help="end the cloud, and forget all that is in it")
    Kind.add_options(stop)
    stop.set_defaults(function=_stop)
    status = commands.add_parser("status", help="tell whether the cloud runs, and where")
    Kind.add_options(status)
    status.set_defaults(function=_status)
    serve = commands.add_parser("serve", help="be the cloud, until a signal")
    serve.add_argument("--detach", action="store_true", help="in the background")
    Kind.add_options(serve)
    serve.set_defaults(function=_serve)
    return parser


def _run(given: argparse.Namespace, folder: Path) -> int:
    """Become the command, so that its exit code and its signals are its own.

    With `--docker`, stay its parent, which ends the engine after the command.
    """
    for option in ("beside_nodes", "docker"):
        if getattr(given, option) and not given.machines:
            flag = option.replace("_", "-")
            raise LocalcloudError(f"run: --{flag}: simulated nodes have no network; add --machines")
    # First, so that a typing error is refused before minutes of building.
    latency_s = dict(map(_latency, given.latency))
    _ensure_machines(given.kind)
    if given.docker:
        docker.require()
    engine = ensure(os.environ)
    cloud = daemon.ensure_running(folder, latency_s, given.kind)
    settings = stack_settings.write(
        folder,
        endpoint=cloud.endpoint,
        project=given.project,
        base=given.settings,
        fixed=cloud.settings,
        defaults=DEFAULTS if given.machines else None,
    )
    environment = {**given.person, **engine.environment, "DEVSTACK_SETTINGS": str(settings)}
    command: list[str] = given.command
    # Without this check a missing command is a traceback, or a complaint of nsenter's.
    if shutil.which(command[0], path=environment["PATH"]) is None:
        raise LocalcloudError(f"run: {command[0]!r} is not on PATH")
    namespace = cloud.beside_nodes if given.beside_nodes else cloud.namespace
    space = partial(in_job_space, Path(namespace), resolver=cloud.resolver)
    if given.docker:
        return docker.run_beside(command, environment, space, folder / "docker")
    return _become(space(command) if namespace else command, environment)


def _become(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - there is no shell


def _latency(text: str) -> tuple[str, float]:
    kind, _, seconds = text.partition("=")
    try:
        return kind, float(seconds)
    except ValueError:
        raise LocalcloudError(f"--latency: {text!r} is not of the form instance=2.0") from None


def _build(given: argparse.Namespace, _folder: Path) -> int:
    print(ensure(os.environ).cli)
    _ensure_machines(given.kind)
    return 0


def _ensure_machines(kind: Kind) -> None:
    if kind.machines:
        requirements.require(kind)
        ensure_tree(cache_dir(os.environ))


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

    start = serve.detached if given.detach else serve.serve
    return start(folder, given.kind)
