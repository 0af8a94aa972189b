"""What the worker does beyond what every node does."""
