"""Engine logs: copy the engine's event logs to the artifacts, with masked secrets.

The engine writes them into the job's own folder, since they may contain secrets, such as a token
from the settings.
"""

from contextlib import closing, suppress
from dataclasses import replace

from host.ending import Ending
from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.state import learn_secrets
from job.run.context import Context

_LEARN_S = 60


def keep(context: Context, pulumi: Pulumi) -> None:
    """Copy all event logs so far. The end of the job does not interrupt this."""
    with closing(Ending()) as undisturbed:
        # The command may have generated secrets that its log quotes.
        learn_secrets(replace(pulumi, ending=undisturbed, answer_s=_LEARN_S))
    # A failed copy must not fail the job.
    with suppress(OSError):
        for log in sorted(context.events.glob("*.jsonl")):
            context.artifacts.copy(log, f"pulumi/{log.name}")
