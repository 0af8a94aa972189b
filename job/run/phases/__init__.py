"""Phases: the steps of a job, in the order that `job/run/job.py` gives them."""
