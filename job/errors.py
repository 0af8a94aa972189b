"""Errors of the job: one line that says what is wrong and what to do."""

from typing import Literal

Kind = Literal["infrastructure", "capacity", "configuration", "test", "interrupted"]
"""Whose matter a failure is: of the five, only the first may be gone with a second try."""


class JobError(Exception):
    """The job cannot go on. Its text is all that a person needs; no traceback is shown."""

    exit_code = 1
    kind: Kind = "infrastructure"


class LockedError(JobError):
    """Another run works on the stack, or has died at it."""

    details = ""
    """What the CLI said of it."""


class RefusedError(JobError):
    """What was given is refused, before anything was created."""

    exit_code = 2
    kind: Kind = "configuration"


class NoRoomError(JobError):
    """Google Cloud has no room for the nodes, or grants us none."""

    kind: Kind = "capacity"
    metric = ""
    """Of the quota that does not suffice, if it is one."""
