"""Boskos: a double of the service that leases projects to jobs, over HTTP on a loopback address.

It reproduces all that a client can observe: states, owners, the queue of waiting requests, and the
status and text of each refusal. Beside the real server run a reaper, which takes back resources
without a heartbeat, and a janitor, which cleans dirty ones. Here the ranch does the work of both by
the clock, and cleaning deletes nothing. The double keeps everything in memory until it stops.

In process:     from localcloud.boskos.server import BoskosServer
On its own:     python -m localcloud.boskos --help
"""
