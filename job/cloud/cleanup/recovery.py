"""Recovery: what a run that was cut off left behind, dealt with by the next one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from job.cloud.engine.locks import release_stale
from job.cloud.engine.pending import reconcile
from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.state import learn_secrets

_STRAYS_S = 600.0


def recover(pulumi: Pulumi, limit_s: float | None = None) -> list[dict[str, Any]]:
    """Deal with the lock, with what was being done, and with what the state never learnt of.

    Gives the resources in the state. Raises JobError, or LockedError if another run has the stack.
    """
    release_stale(pulumi)
    resources: list[dict[str, Any]] = reconcile(pulumi, limit_s).get("resources") or []
    if resources:
        # The engine may quote them in what it prints of a failure.
        learn_secrets(pulumi)
    if pulumi.stack.unfinished.exists():
        from job.cloud.cleanup import strays  # noqa: PLC0415 - Google's client, which others do without

        known = {resource.get("id", "") for resource in resources}
        strays.remove(pulumi, known, limit_s or _STRAYS_S)
    return resources


@contextmanager
def at_work(pulumi: Pulumi) -> Iterator[None]:
    """Mark the stack until the work is done; a mark that stays says that it was cut off."""
    pulumi.stack.unfinished.touch()
    yield
    pulumi.stack.unfinished.unlink()
