"""Tasks of the controller only."""
