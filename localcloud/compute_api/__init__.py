"""Compute API: a double of Compute Engine's API v1 over HTTP on a loopback address.

It keeps what a client can see of Compute Engine: resources, long-running operations, references,
quotas, capacity and errors, in the shapes and words of the real service, so that clients which know
nothing of it (pulumi-gcp, gcloud, google-cloud-compute) work unchanged. Google's own discovery
document decides which routes and fields exist; what the document knows and the double lacks answers
501 and says so. It holds everything in memory and forgets it when it stops.

In process:     from localcloud.compute_api.server import ComputeApi
On its own:     python -m localcloud.compute_api --help
Controls:       the routes under /_localcloud/, listed in admin.py
"""
