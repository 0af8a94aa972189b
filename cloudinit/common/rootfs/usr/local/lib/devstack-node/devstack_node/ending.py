"""Ending: how a program ended, in words: by itself, or killed by a signal."""

from __future__ import annotations

import signal

_SHELL_SIGNALS = 128
"""Added to a signal's number, it is a shell's status for a program that the signal killed."""


def killer(status: int) -> str:
    """Return the name of the signal that killed a program, or nothing.

    The status is a shell's or, if negative, Python's.
    """
    number = -status if status < 0 else status - _SHELL_SIGNALS
    # Git ends with 129, which would be SIGHUP, when it does not know an option.
    if 0 < status <= _SHELL_SIGNALS + signal.SIGHUP:
        return ""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def words(name: str, status: int, after: str = "") -> str:
    """Return a sentence; `after`, like " after 2 s", is put behind a kill."""
    name_of_signal = killer(status)
    if name_of_signal:
        return f"{name} was killed by {name_of_signal}{after}"
    return f"{name} ended with {status}"
