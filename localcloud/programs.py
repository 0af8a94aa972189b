"""Programs: run them to their end, or say in one line why that failed."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from host.processes import Child, Program, ask
from localcloud.console import say
from localcloud.errors import LocalcloudError

_TIMEOUT_S = 60
_PROGRESS_S = 15
_TAIL_LINES = 5


def run(
    *command: str | Path,
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> str:
    """Run a short program for what it prints. Raises LocalcloudError with what it complains of."""
    program = Program(command=command, environment=environ, folder=folder)
    answer = ask(program, timeout_s=timeout_s)
    if answer.code:
        words = " ".join(map(str, command))
        raise LocalcloudError(f"{words}: {answer.errors.strip() or answer.complaint}")
    return answer.output


def build(program: Program, log: Path, progress: Callable[[float], str], failure: str) -> float:
    """Run a program that takes minutes, and say `progress` now and then; the seconds it took.

    Raises LocalcloudError that begins with `failure` and quotes the end of the log.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        child = Child(program, output.fileno())
    try:
        while not child.ends_within(_PROGRESS_S):
            say(progress(time.monotonic() - started))
    finally:
        code = child.end()
    if code:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise LocalcloudError(f"{failure}: {' | '.join(tail)}; see {log}")
    return time.monotonic() - started
