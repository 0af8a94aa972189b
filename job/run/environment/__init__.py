"""Environment: what a job was asked for by environment variables."""
