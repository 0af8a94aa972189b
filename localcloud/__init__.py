"""Localcloud: what stands in for Google Cloud on one machine, for tests and first steps."""
