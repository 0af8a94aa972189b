"""Status: what is known of a node, or of the worker's registration (docs/readiness.md)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Subject = Literal["controller", "worker", "registration"]
"""A node, or the worker's place in the second availability zone, which the controller tells."""

COMMAND = "sudo /usr/local/sbin/devstack-status show"
_VERDICTS = {"pending", "ready", "failed"}


class NoStatusError(ValueError):
    """What came is no answer of devstack-status."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The last that is known. Before the first answer it is pending, with nothing in it."""

    subject: Subject
    verdict: str = "pending"
    stage: str = ""
    detail: str = ""
    """DevStack's own name for what it does, while stack.sh runs."""
    since: datetime | None = None
    error: str = ""
    error_class: str = ""
    """infrastructure, configuration or interrupted, if it failed."""
    boot_id: str = ""
    trouble: str = ""
    """Why the last question had no answer: refused, silent, another host key; empty if it had."""
    silent_s: float = 0.0
    """For how long there has been no answer."""

    @property
    def is_final(self) -> bool:
        """Whether there is a verdict."""
        return self.verdict != "pending"

    def __str__(self) -> str:
        """For a person, without the subject."""
        if self.verdict == "ready":
            return "ready"
        if self.verdict == "failed":
            kind = f" ({self.error_class})" if self.error_class else ""
            return f"failed in '{self.stage}'{kind}: {self.error}"
        return ", ".join(filter(None, (self.stage, self.detail))) or "not heard of yet"


def parse(subject: Subject, answer: bytes) -> State:
    """The state that `devstack-status` printed. Raises NoStatusError."""
    try:
        told: dict[str, Any] = json.loads(answer.strip().rpartition(b"\n")[2])
        verdict = told["verdict"]
        since = datetime.strptime(told["since"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        state = State(
            subject=subject,
            verdict=verdict,
            stage=told["stage"],
            detail=told.get("detail", ""),
            since=since,
            error=told["error"],
            error_class=told.get("class", ""),
            boot_id=told["boot_id"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise NoStatusError(f"{type(error).__name__}: {error}") from None
    if verdict not in _VERDICTS:
        raise NoStatusError(f"verdict {verdict!r}")
    return state
