"""Recovery: repair what an interrupted run has left behind, before the next one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from job.cloud.engine.locks import release_stale
from job.cloud.engine.pending import reconcile
from job.cloud.engine.pulumi import Pulumi
from job.cloud.engine.state import learn_secrets

_STRAYS_S = 600.0


def recover(pulumi: Pulumi, limit_s: float | None = None) -> list[dict[str, Any]]:
    """Remove stale locks, reconcile pending operations, delete resources missing in the state.

    Returns the resources in the state. Raises JobError; LockedError if another run has the stack.
    """
    release_stale(pulumi)
    resources: list[dict[str, Any]] = reconcile(pulumi, limit_s).get("resources") or []
    if resources:
        # The engine may quote secrets in an error message.
        learn_secrets(pulumi)
    if pulumi.stack.unfinished.exists():
        from job.cloud.cleanup import removal  # noqa: PLC0415 - 0.2 s of Google's client

        known = {resource.get("id", "") for resource in resources}
        removal.remove_strays(pulumi, known, limit_s or _STRAYS_S)
    return resources


@contextmanager
def at_work(pulumi: Pulumi) -> Iterator[None]:
    """Mark the stack as unfinished during the block. The mark of a killed run stays."""
    pulumi.stack.unfinished.touch()
    yield
    pulumi.stack.unfinished.unlink()
