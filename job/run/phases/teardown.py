"""Teardown: collect logs and destroy the cloud, within a budget. Only a lost lease stops it."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from traceback import format_exc

from host.ending import EndedError
from host.errors import JobError
from host.processes import Grace
from job import commands
from job.cloud.cleanup import keeping
from job.cloud.cleanup.api import Api
from job.cloud.cleanup.budget import Budget
from job.cloud.cleanup.destroy import tear_down
from job.cloud.cleanup.marks import scope_of
from job.cloud.engine import state
from job.cloud.engine.pulumi import Pulumi
from job.cloud.place import place_of
from job.nodes import logs
from job.run.context import Context

# The engine may finish its current operations, but Prow may not wait for long.
GRACE = Grace(first=signal.SIGINT, soft_s=30, hard_s=10)
# After a signal, Prow kills the pod soon.
_HURRIED_LOGS_S = 10.0


@contextmanager
def afterwards(context: Context, pulumi: Pulumi) -> Iterator[None]:
    """Tear everything down after the block, however it ends. Raises the block's error.

    A failure of the teardown itself is raised only if the block had none.
    """
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:  # noqa: BLE001 - whatever it is, the cloud goes first
        failure = error
        context.log.say(f"job: {error}")
    try:
        if context.last.reason:
            context.log.say("teardown: none, since the project is not ours any more")
        else:
            _run(context, pulumi, failure)
    except Exception as error:
        if failure is None:
            raise
        context.log.say(f"teardown: {error}" if isinstance(error, JobError) else format_exc())
    if failure:
        raise failure


def _run(context: Context, pulumi: Pulumi, failure: BaseException | None) -> None:
    began = time.monotonic()
    last = replace(pulumi, ending=context.last)
    with context.timeline.span("job", "logs"):
        _collect(context, last, hurried=isinstance(failure, EndedError))
    if failure and context.job.keep_on_failure_s and not isinstance(failure, EndedError):
        try:
            with context.timeline.span("job", "keep"):
                _keep(context, last)
        except JobError as error:
            context.log.say(f"{error}; taking it down")
        else:
            return
    with context.timeline.span("job", "destroy"):
        tear_down(last, context.job.teardown_budget_s - (time.monotonic() - began))


def _collect(context: Context, pulumi: Pulumi, *, hurried: bool) -> None:
    cap_s = min(context.job.logs_cap_s, _HURRIED_LOGS_S) if hurried else context.job.logs_cap_s
    try:
        if not state.is_there(pulumi):
            return
        outputs = commands.read_outputs(pulumi)
        state.learn_secrets(pulumi)
        logs.collect(
            outputs,
            place_of(pulumi.stack),
            pulumi.stack.folder,
            context.job.artifacts,
            cap_s,
            context.log.say,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the cloud must go
        context.last.check()
        context.log.say(f"logs: {error}")


def _keep(context: Context, pulumi: Pulumi) -> None:
    until = time.time() + context.job.keep_on_failure_s
    budget = Budget(context.job.teardown_budget_s, context.last)
    api = Api(place_of(pulumi.stack), budget, context.log.say)
    keeping.keep(api, scope_of(pulumi.stack), until)
    context.log.say(
        f"keep: stack {pulumi.stack.name} stays for {context.job.keep_on_failure_s:.0f} s;"
        f" afterwards 'python -m job down --stack {pulumi.stack.name}', or cleanup, removes it"
    )
