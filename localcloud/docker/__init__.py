"""Docker: an engine of its own for a job whose network namespace the host's engine cannot reach."""
