"""Command line: commands on one stack, and the whole job in one command."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from host.ending import ended_by_signals
from host.errors import JobError
from job import commands
from job.bake import options as bake
from job.cloud import stack
from job.cloud.cleanup import arguments as cleanup_options
from job.cloud.engine.pulumi import Pulumi
from job.network.tunnel import options as tunnel
from job.nodes import logs, wait
from job.nodes.ssh import Role

_PROGRAM = "python -m job"
Parser = argparse.ArgumentParser
Given = argparse.Namespace


@dataclass(frozen=True, kw_only=True)
class _Command:
    """A command on a stack."""

    help: str
    example: str
    run: Callable[[Pulumi, Given], object]
    options: Callable[[Parser], object]
    makes_it: bool = False
    """True if the stack need not exist."""
    also_ended_by: Sequence[signal.Signals] = ()
    """Signals that end it, beside SIGINT and SIGTERM."""


def _flags(parser: Parser) -> None:
    parser.add_argument("flags", nargs="*", metavar="-- FLAG", help="for pulumi itself")


def _nodes(parser: Parser) -> None:
    roles = get_args(Role)
    parser.add_argument("nodes", nargs="+", choices=roles, metavar="NODE", help=" or ".join(roles))


def _bake(pulumi: Pulumi, given: Given) -> None:
    from job.bake import bake as whole  # noqa: PLC0415 - 0.2 s of Google's client

    whole.run(pulumi, bake.options_of(given), os.environ)


_COMMANDS = {
    "preview": _Command(
        help="show what `up` would change",
        example="preview --stack ci -- --diff",
        run=lambda pulumi, given: commands.preview(pulumi, given.flags),
        options=_flags,
        makes_it=True,
    ),
    "up": _Command(
        help="create or update the stack",
        example="up --stack ci",
        run=lambda pulumi, given: commands.up(pulumi, given.flags),
        options=_flags,
        makes_it=True,
    ),
    "replace": _Command(
        help="make the instances of nodes anew",
        example="replace --stack ci worker",
        run=lambda pulumi, given: commands.replace(pulumi, given.nodes),
        options=_nodes,
    ),
    "refresh": _Command(
        help="read back what the cloud holds",
        example="refresh --stack ci",
        run=lambda pulumi, given: commands.refresh(pulumi, given.flags),
        options=_flags,
        makes_it=True,
    ),
    "outputs": _Command(
        help="print the stack's outputs as JSON",
        example="outputs --stack ci",
        run=lambda pulumi, given: commands.outputs(pulumi, show_secrets=given.show_secrets),
        options=lambda parser: parser.add_argument("--show-secrets", action="store_true"),
    ),
    "e2e-files": _Command(
        help="write clouds.yaml and e2e.env",
        example="e2e-files --stack ci --dir .",
        run=lambda pulumi, given: commands.write_e2e_files(pulumi, given.dir),
        options=lambda parser: parser.add_argument(
            "--dir", type=Path, required=True, help="where to write them"
        ),
    ),
    "wait": _Command(
        help="follow the nodes until they are ready",
        example="wait --stack ci --for controller --timeout 3600",
        run=lambda pulumi, given: commands.wait_for_nodes(pulumi, wait.options_of(given)),
        options=wait.add_options,
    ),
    "tunnel": _Command(
        help="route the stack's private addresses over ssh until it is ended",
        example="tunnel --stack ci --probe 10.0.3.15:80",
        run=lambda pulumi, given: commands.open_tunnel(
            pulumi, tunnel.options_of(given), os.environ
        ),
        options=tunnel.add_options,
        also_ended_by=(signal.SIGHUP,),
    ),
    "logs": _Command(
        help="fetch what the nodes know of themselves",
        example="logs --stack ci --dir artifacts --timeout 180",
        run=lambda pulumi, given: commands.collect_logs(pulumi, given.dir, given.timeout),
        options=logs.add_options,
    ),
    "bake": _Command(
        help="build the nodes, keep an image of each, and destroy them",
        example="bake --stack bake --keep 3",
        run=_bake,
        options=bake.add_options,
        makes_it=True,
    ),
    "down": _Command(
        help="destroy the stack and forget it",
        example="down --stack ci",
        run=lambda pulumi, given: commands.down(pulumi, given.budget),
        options=cleanup_options.add_budget,
    ),
}


def main(arguments: Sequence[str] | None = None, *, person: Mapping[str, str] = os.environ) -> int:
    """Run a command. Return 0, 1 for a failure, 2 for refused input, 128+N for signal N.

    `person` is the user's whole environment, which the E2E suite gets.
    """
    given = _parser().parse_args(arguments)
    given.person = person
    try:
        given.function(given)
    except JobError as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> Parser:
    parser = Parser(prog=_PROGRAM, description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for kind in ("e2e", "conformance"):
        whole = subparsers.add_parser(
            kind,
            help=f"the whole {kind} job, from checkout to teardown",
            epilog=f"example: GCP_PROJECT=my-project {_PROGRAM} {kind} --capo ../capo;"
            " docs/environment.md has the variables",
        )
        whole.add_argument("--capo", type=Path, required=True, help="the CAPO checkout")
        whole.set_defaults(function=_run_whole_job)
    preflight = subparsers.add_parser(
        "preflight",
        help="check what can be wrong with a run before anything is created",
        epilog=f"example: {_PROGRAM} preflight --stack ci --for up",
    )
    _name_stack(preflight)
    preflight.add_argument(
        "--for",
        dest="scope",
        choices=("e2e", "up"),
        default="e2e",
        help="what is going to run: the whole E2E job, or `up` alone (%(default)s)",
    )
    preflight.set_defaults(function=_preflight)
    for name, command in _COMMANDS.items():
        subparser = subparsers.add_parser(
            name, help=command.help, epilog=f"example: {_PROGRAM} {command.example}"
        )
        _name_stack(subparser)
        command.options(subparser)
        subparser.set_defaults(function=_work_on_stack)
    cleanup = subparsers.add_parser("cleanup", help="list or remove what is left of stacks")
    cleanup_options.add_to(cleanup)
    cleanup.set_defaults(function=_clean_up)
    return parser


def _name_stack(parser: Parser) -> None:
    parser.add_argument("--stack", required=True, help="the stack's name")
    parser.add_argument(
        "--settings",
        type=Path,
        help="its settings ($DEVSTACK_SETTINGS, else Pulumi.STACK.yaml of the checkout)",
    )


def _work_on_stack(given: Given) -> None:
    command = _COMMANDS[given.command]
    if given.command == "tunnel":
        tunnel.refuse(tunnel.options_of(given), os.environ)
    if not command.makes_it and not stack.exists(given.stack, os.environ):
        if given.command != "down":
            raise commands.missing(given.stack)
        print(f"job: stack {given.stack} does not exist; there is nothing to destroy")
        return
    with ended_by_signals(*command.also_ended_by) as ending:
        command.run(commands.connect(given.stack, os.environ, given.settings, ending), given)


# Imported late, since other commands need not wait for these, Google's client above all.


def _run_whole_job(given: Given) -> None:
    from job.run import job  # noqa: PLC0415 - 0.2 s, for this command alone

    job.run(given.command, given.capo, given.person)


def _preflight(given: Given) -> None:
    from job.run.preflight import standalone  # noqa: PLC0415 - 0.2 s, for this command alone

    with ended_by_signals() as ending:
        standalone.run(given.stack, os.environ, given.settings, ending, scope=given.scope)


def _clean_up(given: Given) -> None:
    from job.cloud.cleanup import listing  # noqa: PLC0415 - 0.2 s, for this command alone

    with ended_by_signals() as ending:
        listing.run(given, os.environ, ending)
