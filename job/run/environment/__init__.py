"""Environment: the job's parameters, from environment variables."""
