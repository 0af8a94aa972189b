"""Patience: time limits of tests, chosen so that no verdict depends on how busy a machine is."""

PATIENCE_S = 600
"""The limit for events that must come. It is many times longer than any of them takes, so only a
hang reaches it, and below pytest's own limit, whose message does not tell what is missing."""

FOREVER_S = 7200
"""The length of something that a test must not wait for, such as a command that it ends. It is
longer than every limit of a test, so a test that waits for it fails without measuring time."""
