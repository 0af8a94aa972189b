"""Localcloud: the stand-in for Google Cloud on one machine, for tests and first steps.

It has a double of the Compute API, stand-ins for Pulumi's provider plugins, a build of the Pulumi
engine, and the machines behind the instances. Nothing that ships may import it: ruff rejects that.
"""
