"""What the controller does beyond what every node does."""
