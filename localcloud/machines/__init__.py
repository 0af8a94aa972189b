"""Machines: what stands behind the instances of the Compute API double."""
