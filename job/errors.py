"""Errors of the job: one line that says what is wrong and what to do."""


class JobError(Exception):
    """The job cannot go on. Its text is all that a person needs; no traceback is shown."""

    exit_code = 1


class RefusedError(JobError):
    """What was given is refused, before anything was created."""

    exit_code = 2
