"""Status: the known state of a node or of the worker's registration (docs/readiness.md)."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Subject = Literal["controller", "worker", "registration"]
"""A node, or the worker's registration in the second AZ, which the controller reports."""

COMMAND = "sudo /usr/local/sbin/devstack-status show"
_VERDICTS = {"pending", "ready", "failed"}
_TIME = "%Y-%m-%dT%H:%M:%SZ"
# Includes lone surrogates, which JSON can contain and UTF-8 cannot encode.
_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class NoStatusError(ValueError):
    """The output is not an answer of devstack-status."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The last known state. Before the first answer it is pending and empty."""

    subject: Subject
    verdict: str = "pending"
    stage: str = ""
    detail: str = ""
    """DevStack's name of the current phase, while stack.sh runs."""
    since: datetime | None = None
    error: str = ""
    error_class: str = ""
    """infrastructure, configuration or interrupted, if it failed."""
    boot_id: str = ""
    unreadable: tuple[str, ...] = ()
    """Files that the node could not read, each with the reason. Such a node is never ready."""
    trouble: str = ""
    """Why the last query had no answer: refused, silent, another host key. Empty if it had one."""
    silent_s: float = 0.0
    """Seconds since the last answer."""

    @property
    def is_final(self) -> bool:
        return self.verdict != "pending"

    def __str__(self) -> str:
        """Describe the state in words, without the subject."""
        if self.verdict == "ready":
            return "ready"
        if self.verdict == "failed":
            kind = f" ({self.error_class})" if self.error_class else ""
            return f"failed in '{self.stage}'{kind}: {self.error}"
        told = ", ".join(filter(None, (self.stage, self.detail))) or "not heard of yet"
        return "; cannot read ".join((told, *self.unreadable))


def parse(subject: Subject, answer: bytes) -> State:
    """Parse the output of `devstack-status` and clean its texts. Raises NoStatusError."""
    try:
        told = json.loads(answer.strip().rpartition(b"\n")[2])
    except (ValueError, RecursionError) as error:
        raise NoStatusError(f"no JSON: {error}") from None
    if not isinstance(told, dict):
        raise NoStatusError(f"a {type(told).__name__}, not an object")
    verdict = _text(told, "verdict")
    if verdict not in _VERDICTS:
        raise NoStatusError(f"verdict '{verdict}'")
    unreadable = told.get("unreadable", [])
    return State(
        subject=subject,
        verdict=verdict,
        stage=_text(told, "stage"),
        detail=_text(told, "detail", ""),
        since=_time(_text(told, "since")),
        error=_text(told, "error"),
        error_class=_text(told, "class", ""),
        boot_id=_text(told, "boot_id"),
        unreadable=tuple(map(plain, unreadable)) if isinstance(unreadable, list) else (),
    )


def _text(told: dict[str, Any], key: str, otherwise: str | None = None) -> str:
    found = told.get(key, otherwise)
    if not isinstance(found, str):
        raise NoStatusError(f"'{key}' is {'missing' if found is None else type(found).__name__}")
    return plain(found)


def plain(found: object) -> str:
    """Replace control characters, and characters that cannot be written, by blanks."""
    return _NOT_PLAIN.sub(" ", str(found))


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise NoStatusError(f"'since' is '{text}', no time") from None
