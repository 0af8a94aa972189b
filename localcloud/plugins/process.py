"""Process: a plugin as the engine starts it.

The engine gives its own address as the only argument and reads the port that the plugin serves
from the first line of standard output.
"""

import os
import sys
import time
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from localcloud.plugins.engine import GRPC_OPTIONS
from localcloud.plugins.protocol import Servicer
from localcloud.plugins.provider import Provider

# The engine sends as many calls at once as it has steps to run, and a remote command holds one.
_WORKERS = 256


def serve(provider: Provider) -> None:
    """Serve the engine for as long as it lives."""
    # Before it can know the port: it may end as soon as it does.
    parent = os.getppid()
    servicer = Servicer(provider)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=_WORKERS), options=GRPC_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    if len(sys.argv) > 1:
        servicer.engine.attach(sys.argv[1])
    servicer.engine.log("debug", f"{provider.name}: localcloud's stand-in for the plugin")
    _wait_for_end_of(parent)
    os._exit(0)  # calls that still run must not keep an orphan alive


def _wait_for_end_of(parent: int) -> None:
    """Return when the engine is gone. A killed engine cannot tell its plugins."""
    while os.getppid() == parent:
        time.sleep(1)
