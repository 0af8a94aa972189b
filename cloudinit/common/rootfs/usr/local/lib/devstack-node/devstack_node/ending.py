"""Ending: describe an exit status in words, signals included."""

from __future__ import annotations

import signal

_SHELL_SIGNALS = 128
"""A shell reports a program that was killed by signal N as status 128+N."""


def killer(status: int) -> str:
    """Return the name of the signal that killed a program; empty if none did.

    A negative status is Python's, a positive one a shell's.
    """
    number = -status if status < 0 else status - _SHELL_SIGNALS
    # Git exits with 129, a shell's status for SIGHUP, when it does not know an option.
    if 0 < status <= _SHELL_SIGNALS + signal.SIGHUP:
        return ""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def words(name: str, status: int, after: str = "") -> str:
    """Describe a status in a sentence. `after`, such as " after 2 s", follows a signal's name."""
    name_of_signal = killer(status)
    if name_of_signal:
        return f"{name} was killed by {name_of_signal}{after}"
    return f"{name} ended with {status}"
