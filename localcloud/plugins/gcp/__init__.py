"""Gcp: the stand-in for pulumi-resource-gcp, for a Compute API on this machine.

Its requests go through Google's own client library. Its only defaults are the real plugin's. It
refuses configuration, resource types and properties that it does not carry, and every endpoint that
is not on this machine.
"""
