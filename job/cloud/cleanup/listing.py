"""Listing: `python -m job cleanup` lists leftover resources, and deletes them with `--yes`.

Either those of one stack, by its settings, or those of all stacks of a cluster name in a project.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from host.ending import Ending
from host.errors import JobError, RefusedError
from job import commands
from job.cloud import stack
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import Scope, scope_of
from job.cloud.cleanup.removal import sweep
from job.cloud.cleanup.search import Leftover, holders, leftovers, removable
from job.cloud.place import Place, place_of

# A stack name for settings that belong to no stack.
_NO_STACK = "any"


def run(given: argparse.Namespace, environ: Mapping[str, str], ending: Ending) -> None:
    """List leftovers, and delete them with `--yes`. Raises JobError if some stay."""
    _refuse(given)
    place, scope = _what(given, environ)
    api = Api(place, Budget(given.budget, ending), _say)
    found = leftovers(api, scope)
    free = removable(found, even_kept=given.kept)
    strange = holders(api, free)
    _list([*found, *strange])
    free += strange
    if not free:
        _say(f"there is nothing to remove in project {place.project}")
    elif not given.yes:
        _say(f"these {len(free)} in project {place.project} would be removed with --yes")
    elif not given.project and stack.exists(given.stack, environ):
        # This also removes its state.
        pulumi = commands.connect(given.stack, environ, given.settings, ending)
        commands.down(pulumi, given.budget)
    else:
        survivors = sweep(api, scope, even_kept=given.kept)
        for survivor in survivors:
            _say(f"left over: {survivor}")
        if survivors:
            raise JobError(f"cleanup: {len(survivors)} could not be removed; run it again")


def _refuse(given: argparse.Namespace) -> None:
    if not given.project and not given.stack:
        raise RefusedError(
            "cleanup: of what? name a stack with --stack or a project with --project"
        )
    if not given.project and (given.cluster_name or given.region):
        raise RefusedError(
            "cleanup: --cluster-name and --region go with --project; a stack's settings have both"
        )


def _what(given: argparse.Namespace, environ: Mapping[str, str]) -> tuple[Place, Scope]:
    with TemporaryDirectory() as folder:
        settings = given.settings
        if given.project and not settings and not environ.get("DEVSTACK_SETTINGS"):
            settings = Path(folder, "settings.yaml")
            settings.touch()
        if given.project or not stack.exists(given.stack, environ):
            # The stack was staged for its settings only; leave nothing behind.
            environ = {**environ, "DEVSTACK_STATE_DIR": folder}
        staged = stack.stage(given.stack or _NO_STACK, environ, settings=settings)
        place, scope = place_of(staged), scope_of(staged)
    if given.project:
        cluster = given.cluster_name or scope.cluster
        # By ownership marks alone: the network that such a stack uses and must keep is unknown.
        scope = Scope(cluster=cluster, stack=given.stack or "", region=given.region or "")
        place = replace(place, project=given.project)
    return place, scope


def _list(found: Iterable[Leftover]) -> None:
    for each in found:
        print(
            f"{each.path}  {_origin(each)}, created {each.created}{_kept(each.kept_until)}",
            flush=True,
        )


def _origin(each: Leftover) -> str:
    if each.is_foreign:
        return "not ours, holds our network"
    return f"stack {each.owner.stack}" if each.owner else "an image that a bake failed to make"


def _kept(until: float) -> str:
    if not until:
        return ""
    try:
        moment = datetime.fromtimestamp(until, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return ", kept for ever"
    return f", kept until {moment}"


def _say(text: str) -> None:
    print(f"job: {text}", flush=True)
