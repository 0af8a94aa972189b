"""Errors: expected failures, each as one line with place, value and remedy."""

from typing import Literal

from stacks.concealment import conceal_value

Kind = Literal["infrastructure", "capacity", "configuration", "test", "interrupted", "unknown"]
"""The class of a failure. Only after `infrastructure` is a retry likely to succeed."""


class JobError(Exception):
    """The job cannot go on. Its text is shown without a traceback.

    Its class is `unknown` by default: a class tells people to retry or not, so it must be known.
    """

    exit_code = 1
    kind: Kind = "unknown"

    def __init__(self, text: str, *, kind: Kind | None = None) -> None:
        super().__init__(text)
        if kind:
            self.kind = kind


class LockedError(JobError):
    """Another run holds the stack's lock, or died while it did."""

    details = ""
    """The CLI's message."""


class RefusedError(JobError):
    """The input is refused; nothing was created.

    The text may quote the input, with everything that looks like a secret concealed.
    """

    exit_code = 2
    kind: Kind = "configuration"

    def __init__(self, text: str, *, kind: Kind | None = None) -> None:
        super().__init__(conceal_value(text), kind=kind)


class NoRoomError(JobError):
    """Google Cloud lacks capacity, or the project lacks quota."""

    kind: Kind = "capacity"
    metric = ""
    """The metric of the exhausted quota; empty if it was none."""
