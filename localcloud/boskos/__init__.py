"""Boskos: a double of the service that lends projects to jobs, over HTTP on a loopback address.

It keeps what a client can see of the real one: states, owners, the queue of those who wait, and the
statuses of refusals. What happens beside the real server happens here by the clock: the reaper
takes resources without a heartbeat, the janitor frees dirty ones. It forgets all when it stops.

In process:     from localcloud.boskos.server import BoskosServer
On its own:     python -m localcloud.boskos --help
"""
