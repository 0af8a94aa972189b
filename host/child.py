"""Child: the former name of `host/processes.py`."""

from host.processes import Child, DeadlineError, Grace, Program

__all__ = ["Child", "DeadlineError", "Grace", "Program"]
