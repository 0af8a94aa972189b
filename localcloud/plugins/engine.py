"""Engine: a client of the engine that started the plugin, for log messages."""

import sys
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from localcloud.plugins.provider import Severity

# The limit of Pulumi's own SDKs. gRPC's default of 4 MiB is too small for state with user data.
_MAX_MESSAGE_BYTES = 400 * 1024 * 1024
GRPC_OPTIONS = [
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
]
_SEVERITIES = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}


class Engine:
    """A log: the engine's once its address is known, standard error until then."""

    def __init__(self) -> None:
        self._stub: Any = None

    def attach(self, address: str) -> None:
        """Send further messages to the engine at this address (`HOST:PORT`)."""
        channel = grpc.insecure_channel(address, options=GRPC_OPTIONS)
        self._stub = engine_pb2_grpc.EngineStub(channel)

    def log(
        self, severity: Severity, message: str, urn: str = "", *, ephemeral: bool = False
    ) -> None:
        """Log a message. An ephemeral one is shown as the status of the resource `urn`."""
        if self._stub is None:
            print(f"{severity}: {message}", file=sys.stderr)
            return
        request = engine_pb2.LogRequest(
            severity=_SEVERITIES[severity], message=message, urn=urn, ephemeral=ephemeral
        )
        try:
            self._stub.Log(request)
        except grpc.RpcError as error:
            # The engine may be about to end. A lost message is no reason to fail a resource.
            print(f"{severity}: {message} (not logged: {error.code()})", file=sys.stderr)
