"""Errors of localcloud: one line that says what is wrong and what to do."""


class LocalcloudError(Exception):
    """A refusal or failure that the command line prints as one line, without a traceback.

    Any other exception is a bug in localcloud and keeps its traceback.
    """
