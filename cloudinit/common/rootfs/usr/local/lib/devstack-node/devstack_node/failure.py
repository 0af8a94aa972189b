"""Failure: find the log line that explains a failure, and classify the failure.

`infrastructure` failures, such as a mirror that is down, may pass on a fresh instance.
`configuration` failures repeat. A log line that matches no known outage counts as configuration.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from devstack_node import files, node, redact

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAIL_LINES = 2000
_NEAR_LINES = 40
_LAST_LINES = 20
_LINE_LENGTH = 300

_COLOUR_OR_TIME = re.compile(r"\x1b\[[0-9;]*m|^\d{4}-\d\d-\d\d[ T][\d:.]+(Z| \|) ?")
_END = re.compile(r"exit_trap|Error on exit|stack\.sh failed")
_NO_NEWS = re.compile(
    r"\++ \S+:\S*:\d+\s+: |(Killed|Terminated|Aborted|Segmentation fault|Bus error)( \(core.*)?$"
    r"|Session terminated, killing shell|\.\.\.killed\."
)
"""Lines that explain nothing: stack.sh's trace, and the login shell's reports of signals."""
_OWN = re.compile(r"\[ERROR\] (?!\S+:\d+ )")
"""An error line of our own scripts. DevStack's name a file and a line number."""
_SEVERE = re.compile(
    r"\[ERROR\]|^E: |^Err:|fatal: |^error: |\bERROR\b|\bError: |Traceback|No space left"
    r"|Permission denied|Read-only file system"
    r"|: line \d+: +\d+ (Killed|Aborted|Segmentation fault|Bus error)|Cannot allocate memory"
    r"|command not found|[A-Za-z]+(Error|Exception|NotFound): |\b50[0-9] [A-Z]"
)
_OUTAGE = re.compile(
    r"Could not resolve|Temporary failure|Network is unreachable|Connection (timed out|reset)"
    r"|Failed to fetch|Unable to fetch|Hash Sum mismatch|returned error: 5\d\d"
    r"|\b50[0234] (Bad Gateway|Service|Gateway|Internal|Server)|early EOF|RPC failed"
    r"|Max retries exceeded|Read ?[Tt]imed? ?[Oo]ut|Maximum of \d+ git retries"
    r"|git did not end within|Could not get lock|Unable to acquire the dpkg frontend lock"
)


class Failure(NamedTuple):
    """Reason of a failure, without secrets. Empty fields: nothing failed."""

    error: str = ""
    kind: str = ""
    """`infrastructure`, `configuration` or `interrupted`, see docs/readiness.md."""
    log_tail: Sequence[str] = ()


def explain(what: str, log: str | None) -> Failure:
    """Combine `what` with the log's first explaining line and its last lines, and classify it."""
    lines = _interesting(Path(log)) if log else []
    last = lines[-1:]
    severe = [line for line in lines if _SEVERE.search(line)]
    # Our polling programs log errors while they retry; only their last line is the verdict.
    reasons = last if last and _OWN.match(last[0]) else severe or last
    outage = any(_OUTAGE.search(line) for line in (*reasons, what))
    return Failure(
        ": ".join((mask(what), *reasons[:1])),
        "infrastructure" if outage else "configuration",
        lines[-_LAST_LINES:],
    )


def _interesting(log: Path) -> list[str]:
    """Return the last lines before stack.sh reports its end, masked, without the command trace."""
    text = mask(files.attempt(partial(files.text, log), "", []))
    lines = [_COLOUR_OR_TIME.sub("", line).strip() for line in text.splitlines()[-_TAIL_LINES:]]
    said = [line for line in lines if line and not _NO_NEWS.match(line)]
    end = next((i for i, line in enumerate(said) if _END.search(line)), len(said))
    return [line[:_LINE_LENGTH] for line in said[max(0, end - _NEAR_LINES) : end]]


def mask(text: str) -> str:
    """Mask secrets in a text, above all the passwords of this node's local.conf."""
    # Read both copies of local.conf: a truncated one may lack the password.
    known = [files.attempt(partial(files.text, path), "", []) for path in node.LOCAL_CONFS]
    return redact.Redactor(known).text(text)
