"""Gcp: the stand-in for pulumi-resource-gcp, for a Compute API on this machine.

It translates to that API through Google's own client library. The only defaults are those of the
real plugin; what it does not carry it refuses.
"""
