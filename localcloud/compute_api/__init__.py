"""Compute API: a double of Compute Engine's API v1 over HTTP on a loopback address.

It reproduces all that a client can observe of Compute Engine: resources, long-running operations,
references, quotas, capacity and errors, in the shapes and words of the real service. Clients that
were written for the service (pulumi-gcp, gcloud, google-cloud-compute) work unchanged.

Google's own discovery document decides which routes, parameters and body fields exist; others are
refused as the service refuses them. Methods and features that the document has and the double lacks
are answered with 501, since a success for half of the work would let a test pass that fails on
Google Cloud. The double keeps everything in memory until it stops.

In process:     from localcloud.compute_api.server import ComputeApi
On its own:     python -m localcloud.compute_api --help
Controls:       the routes under /_localcloud/, listed in admin.py
"""
