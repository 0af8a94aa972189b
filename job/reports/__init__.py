"""Report: what a run leaves for people and for Prow, made of its timeline."""
