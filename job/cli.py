"""Command line of the job: one Pulumi stack, from nothing to nothing."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from job import boskos_cli, commands, leased_command, stack
from job.cleanup import options as cleanup_options
from job.ending import ended_by_signals
from job.errors import JobError
from job.nodes import logs, wait
from job.pulumi import Pulumi
from job.tunnel import command as tunnel

_HELP = {
    "preflight": "check what can be wrong with a run before anything is created",
    "preview": "show what `up` would change",
    "up": "create or update the stack",
    "refresh": "read back what the cloud holds",
    "down": "destroy the stack and forget it",
    "outputs": "print the stack's outputs as JSON",
    "e2e-files": "write clouds.yaml and e2e.env",
    "graph": "draw the stack's resources",
    "wait": "follow the nodes until they are ready",
    "logs": "fetch what the nodes know of themselves",
    "tunnel": "route the stack's private addresses over ssh until it is ended",
}
# These take further flags of Pulumi's own.
_PULUMI_COMMANDS = {
    "preview": commands.preview,
    "up": commands.up,
    "refresh": commands.refresh,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0, or 2 if what was given is refused, 1 for a failure, 128+N for signal N."""
    given = _parser().parse_args(arguments)
    try:
        _dispatch(given)
    except JobError as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m job", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {name: subparsers.add_parser(name, help=text) for name, text in _HELP.items()}
    made["tunnel"].epilog = tunnel.EXAMPLE
    made["preflight"].epilog = "example: .venv/bin/python -m job preflight --stack ci --for up"
    for subparser in made.values():
        subparser.add_argument("--stack", required=True, help="the stack's name")
        subparser.add_argument(
            "--settings",
            type=Path,
            help="its settings ($DEVSTACK_SETTINGS, else Pulumi.STACK.yaml of the checkout)",
        )
    for name in _PULUMI_COMMANDS:
        made[name].add_argument("flags", nargs="*", metavar="-- FLAG", help="for pulumi itself")
    made["preflight"].add_argument(
        "--for",
        dest="scope",
        choices=("e2e", "up"),
        default="e2e",
        help="what is going to run: the whole E2E job, or `up` alone (%(default)s)",
    )
    cleanup_options.add_budget(made["down"])
    made["outputs"].add_argument("--show-secrets", action="store_true")
    made["e2e-files"].add_argument("--dir", type=Path, required=True, help="where to write them")
    tunnel.add_options(made["tunnel"])
    wait.add_options(made["wait"])
    logs.add_options(made["logs"])
    made["graph"].add_argument("--format", choices=("mermaid", "dot"), default="mermaid")
    made["graph"].add_argument("--into", type=Path, help="a Markdown document with marks for it")
    for kind in ("e2e", "conformance"):
        whole = subparsers.add_parser(kind, help=f"the whole {kind} job, as Prow runs it")
        whole.add_argument("--capo", type=Path, required=True, help="the CAPO checkout")
    boskos = subparsers.add_parser("boskos", help="lease a project of Boskos for a command")
    boskos_cli.add_to(boskos)
    cleanup = subparsers.add_parser("cleanup", help="list or remove what is left of stacks")
    cleanup_options.add_to(cleanup)
    return parser


def _dispatch(given: argparse.Namespace) -> None:
    if given.command == "tunnel":
        tunnel.refuse(tunnel.options_of(given), os.environ)
    if given.command == "boskos":
        leased_command.run(boskos_cli.request(given, os.environ), os.environ)
        return
    if given.command in {"e2e", "conformance"}:
        from job.e2e import run

        run.run(given.command, given.capo, os.environ)
        return
    if given.command == "preflight":
        _preflight(given)
        return
    if given.command == "cleanup":
        _clean_up(given)
        return
    if given.command not in _PULUMI_COMMANDS and not stack.exists(given.stack, os.environ):
        if given.command != "down":
            raise commands.missing(given.stack)
        commands.nothing(given.stack)
        return
    with ended_by_signals() as ending:
        _work_on(commands.connect(given.stack, os.environ, given.settings, ending), given)


def _preflight(given: argparse.Namespace) -> None:
    # It imports the program's settings, and with them the SDK: seconds that others do not need.
    from job.preflight import command  # noqa: PLC0415 - slow, and seldom needed

    with ended_by_signals() as ending:
        command.run(given.stack, os.environ, given.settings, ending, scope=given.scope)


def _clean_up(given: argparse.Namespace) -> None:
    # Google's client takes half a second to import.
    from job.cleanup import command  # noqa: PLC0415 - slow, and seldom needed

    with ended_by_signals() as ending:
        command.run(given, os.environ, ending)


def _work_on(pulumi: Pulumi, given: argparse.Namespace) -> None:
    if given.command in _PULUMI_COMMANDS:
        _PULUMI_COMMANDS[given.command](pulumi, given.flags)
    elif given.command == "down":
        commands.down(pulumi, given.budget)
    elif given.command == "outputs":
        commands.outputs(pulumi, show_secrets=given.show_secrets)
    elif given.command == "e2e-files":
        commands.write_e2e_files(pulumi, given.dir)
    elif given.command == "wait":
        commands.wait_for_nodes(pulumi, wait.options_of(given))
    elif given.command == "logs":
        commands.collect_logs(pulumi, given.dir, given.timeout)
    elif given.command == "tunnel":
        commands.open_tunnel(pulumi, tunnel.options_of(given))
    else:
        commands.draw_graph(pulumi, given.format, given.into)
