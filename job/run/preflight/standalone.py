"""Command: `python -m job preflight`, all that can be known to be wrong with a run."""

import json
from collections.abc import Mapping
from pathlib import Path

from host.ending import Ending
from host.errors import JobError, RefusedError
from host.pulumi_cli import find_cli
from job.cloud import configuration, stack
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of
from job.run.preflight import checks


def run(
    name: str, environ: Mapping[str, str], settings: Path | None, ending: Ending, *, scope: str
) -> None:
    """Say what may disappoint. Raises RefusedError with all that is wrong, each in a line."""
    staged = stack.stage(name, environ, settings=settings)
    wanted, problems = configuration.parse(
        staged.configuration, stack=name, project=staged.settings.project
    )
    if problems:
        raise RefusedError("\n".join(map(str, problems)))
    place = place_of(staged)
    # Without a checkout of CAPO, only this machine can be looked at.
    for_tests = () if scope == "e2e" else None
    report = checks.before_lease(wanted, environ, place, ending, for_tests=for_tests)
    # Without credentials, the project would be refused for the same reason once more.
    if place.project and not any(line.startswith("credentials: ") for line in report.problems):
        present = _has_resources(staged, ending)
        report.add(checks.of_project(wanted, place, ending, present=present))
    for warning in report.warnings:
        print(f"warning: {warning}", flush=True)
    report.raise_for_problems()
    where = f"project {place.project}" if place.project else "what can be known without a project"
    print(f"preflight: nothing is in the way of stack {name} ({where})")


def _has_resources(staged: stack.Stack, ending: Ending) -> bool:
    """Whether the stack holds something. Without a CLI, which another check reports: no."""
    try:
        cli = find_cli(staged.environment)
        # Of what only asks, there are no events.
        pulumi = Pulumi(cli=cli, stack=staged, events=staged.folder / "events", ending=ending)
        entries = json.loads(pulumi.ask("stack ls", "--json"))
    except JobError:
        ending.check()
        return False
    return any(
        entry["name"].rpartition("/")[2] == staged.name and entry.get("resourceCount")
        for entry in entries
    )
