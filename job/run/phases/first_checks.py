"""First checks: preflight, and the leftovers of earlier jobs."""

import json
from functools import partial

from host.errors import JobError
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.marks import Scope, scope_of
from job.cloud.cleanup.removal import sweep
from job.cloud.cleanup.search import leftovers
from job.cloud.credentials import UnjudgedError
from job.cloud.engine import state
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of
from job.run.context import Context
from job.run.phases.prerequisites import PREREQUISITES
from job.run.phases.suite import SUITE
from job.run.preflight import checkout, checks
from job.run.preflight.findings import Report

_CLEANUP_S = 900.0


def before_lease(context: Context, pulumi: Pulumi) -> None:
    """Run the checks that need no project. Raises RefusedError with all problems."""
    settings, place = pulumi.stack.settings, place_of(pulumi.stack)
    job, kind = context.job, context.kind
    whole = partial(
        checkout.check,
        job.capo,
        [*PREREQUISITES[kind], SUITE[kind]],
        job.e2e_conf,
        job.for_suite({}),
        context.ending,
    )
    report = checks.before_lease(settings, job.variables, place, context.ending, for_tests=[whole])
    _tell(context, report)


def of_project(context: Context, pulumi: Pulumi) -> None:
    """Handle leftovers, then check access and quotas. Raises RefusedError."""
    _clear(context, pulumi)
    settings, place = pulumi.stack.settings, place_of(pulumi.stack)
    present = state.is_there(pulumi) and bool(state.resources(pulumi))
    _tell(context, checks.of_project(settings, place, context.ending, present=present))


def _clear(context: Context, pulumi: Pulumi) -> None:
    """Delete or list leftovers of earlier jobs, except those of our stack, which `up` handles."""
    budget = Budget(_CLEANUP_S, context.ending)
    try:
        api = Api(place_of(pulumi.stack), budget, context.log.say)
    except UnjudgedError as error:
        context.log.say(f"warning: leftovers: none were looked for: {error}")
        return
    own = scope_of(pulumi.stack)
    everybody = Scope(cluster=own.cluster, region=pulumi.stack.settings.region)
    scopes = {
        each.owner.stack: Scope(cluster=own.cluster, stack=each.owner.stack, spared=own.spared)
        for each in leftovers(api, everybody)
        if each.owner
    }
    scopes.pop(own.stack, None)
    if not state.is_there(pulumi):
        scopes[own.stack] = own
    found = [leftover for scope in scopes.values() for leftover in leftovers(api, scope)]
    for leftover in found:
        context.log.say(f"leftover: {leftover}, created {leftover.created or 'some time ago'}")
    if not found:
        return
    if context.job.leftovers != "remove":
        context.log.say("leftovers: they stay; 'python -m job cleanup' removes them")
        return
    for scope in scopes.values():
        survivors = sweep(api, scope)
        if survivors:
            paths = ", ".join(str(survivor) for survivor in survivors)
            raise JobError(f"leftovers: could not be removed: {paths}; remove them by hand")


def _tell(context: Context, report: Report) -> None:
    for warning in report.warnings:
        context.log.say(f"warning: {warning}")
    if report.facts:
        context.facts |= report.facts
        context.artifacts.write("preflight.json", f"{json.dumps(context.facts, indent=2)}\n")
    report.raise_for_problems()
