"""Tasks of the worker only."""
