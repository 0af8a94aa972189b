"""Boskos: lease a project, keep it by heartbeats, and release it once."""
