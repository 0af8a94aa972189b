"""Job: run the Pulumi program, from a clean checkout to the last destroyed resource."""
