"""Errors of the job: one line that says what is wrong and what to do."""

from typing import Literal

from stacks.concealment import conceal_value

Kind = Literal["infrastructure", "capacity", "configuration", "test", "interrupted", "unknown"]
"""The class of a failure. A second run may do better after `infrastructure` alone."""


class JobError(Exception):
    """The job cannot go on. Its text is all that a person needs; no traceback is shown.

    Its class is unknown unless whoever raises it knows better: nobody should be told to try
    again, or not to, by default.
    """

    exit_code = 1
    kind: Kind = "unknown"

    def __init__(self, text: str, *, kind: Kind | None = None) -> None:
        super().__init__(text)
        if kind:
            self.kind = kind


class LockedError(JobError):
    """Another run works on the stack, or has died at it."""

    details = ""
    """What the CLI said of it."""


class RefusedError(JobError):
    """What was given is refused, before anything was created.

    The text may quote what was given, but nothing in it that looks like a secret.
    """

    exit_code = 2
    kind: Kind = "configuration"

    def __init__(self, text: str, *, kind: Kind | None = None) -> None:
        super().__init__(conceal_value(text), kind=kind)


class NoRoomError(JobError):
    """Google Cloud has no room for the nodes, or grants us none."""

    kind: Kind = "capacity"
    metric = ""
    """Of the quota that does not suffice, if it is one."""
