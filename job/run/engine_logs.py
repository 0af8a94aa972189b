"""Events: the engine's event logs, among the artifacts once they are without secrets.

The engine writes them into the job's own folder: they may hold what no artifact may, a token of
the settings for one.
"""

from contextlib import closing, suppress
from dataclasses import replace

from host.ending import Ending
from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.state import learn_secrets
from job.run.context import Context

_LEARN_S = 60


def keep(context: Context, pulumi: Pulumi) -> None:
    """Copy all logs of the engine so far; whatever ends the job, this is awaited."""
    with closing(Ending()) as undisturbed:
        # The command may have made secrets that its own log quotes.
        learn_secrets(replace(pulumi, ending=undisturbed, answer_s=_LEARN_S))
    # What became of the cloud matters more than a log of it.
    with suppress(OSError):
        for log in sorted(context.events.glob("*.jsonl")):
            context.artifacts.copy(log, f"pulumi/{log.name}")
