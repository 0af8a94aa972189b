"""Failure: the line of a log that says why, and whether a fresh instance could do better."""

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
"""stack.sh's trace, and what the login shell around it says of an end by a signal."""
_OWN = re.compile(r"\[ERROR\] (?!\S+:\d+ )")
"""Our own last word; DevStack's names a file and a line."""
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
    """Why something failed; all of it is empty while nothing has. It holds no passwords."""

    error: str = ""
    kind: str = ""
    """`infrastructure`, `configuration` or `interrupted`: docs/readiness.md."""
    log_tail: Sequence[str] = ()


def explain(what: str, log: str | None) -> Failure:
    """What failed, with the first line of the log that says why, and the log's last lines."""
    lines = _interesting(Path(log)) if log else []
    last = lines[-1:]
    severe = [line for line in lines if _SEVERE.search(line)]
    # Polls complain for a while before the last word, which alone says what came of it.
    reasons = last if last and _OWN.match(last[0]) else severe or last
    outage = any(_OUTAGE.search(line) for line in (*reasons, what))
    return Failure(
        ": ".join((mask(what), *reasons[:1])),
        "infrastructure" if outage else "configuration",
        lines[-_LAST_LINES:],
    )


def _interesting(log: Path) -> list[str]:
    """The lines before the end that stack.sh announces, masked, without its trace of commands."""
    text = mask(files.attempt(partial(files.text, log), "", []))
    lines = [_COLOUR_OR_TIME.sub("", line).strip() for line in text.splitlines()[-_TAIL_LINES:]]
    said = [line for line in lines if line and not _NO_NEWS.match(line)]
    end = next((i for i, line in enumerate(said) if _END.search(line)), len(said))
    return [line[:_LINE_LENGTH] for line in said[max(0, end - _NEAR_LINES) : end]]


def mask(text: str) -> str:
    """The text without secrets, above all the passwords of this node's local.conf."""
    # Of two copies, since a file that is cut off may lack the password that stands in the text.
    known = [files.attempt(partial(files.text, path), "", []) for path in node.LOCAL_CONFS]
    return redact.Redactor(known).text(text)
