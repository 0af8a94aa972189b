"""DevStack: what stands in for its repositories, and the git service that nodes clone from."""
