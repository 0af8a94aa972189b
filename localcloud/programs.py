"""Programs: run other programs to their end; each failure is a LocalcloudError of one line."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from host.processes import Child, Program, ask
from localcloud.console import say
from localcloud.errors import LocalcloudError

_TIMEOUT_S = 60
# A build is silent for minutes, so a person must see that it goes on.
_PROGRESS_S = 15
_TAIL_LINES = 5


def run(
    *command: str | Path,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> str:
    """Run a short program and return its standard output.

    Raises LocalcloudError with its standard error if it fails, is missing or exceeds `timeout_s`.
    """
    program = Program(command=command, environment=environ, folder=folder)
    answer = ask(program, timeout_s=timeout_s)
    if answer.code:
        words = " ".join(map(str, command))
        raise LocalcloudError(f"{words}: {answer.errors.strip() or answer.complaint}")
    return answer.output


def build(program: Program, log: Path, progress: Callable[[float], str], failure: str) -> float:
    """Run a program that takes minutes. Return the seconds that it took.

    All output goes to `log`. A line made by `progress` from the elapsed seconds is printed every
    15 seconds. Raises LocalcloudError that begins with `failure` and quotes the end of the log.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        child = Child(program, output.fileno())
    try:
        while not child.ends_within(_PROGRESS_S):
            say(progress(time.monotonic() - started))
    finally:
        # After an interrupt, too: a compiler must not go on without anybody to wait for it.
        code = child.end()
    if code:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise LocalcloudError(f"{failure}: {' | '.join(tail)}; see {log}")
    return time.monotonic() - started
