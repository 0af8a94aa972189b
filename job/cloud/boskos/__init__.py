"""Boskos: a project that is leased for as long as it is needed, and given back once."""
