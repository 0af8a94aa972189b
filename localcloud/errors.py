"""Errors of localcloud: one line that says what is wrong and what to do."""


class LocalcloudError(Exception):
    """localcloud cannot go on. Its text is all that a person needs; no traceback is shown."""
