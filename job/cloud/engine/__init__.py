"""Engine: the Pulumi CLI at work on a stack, what it knows, and what its failures mean."""
