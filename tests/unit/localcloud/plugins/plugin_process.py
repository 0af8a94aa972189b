"""Plugin process: a plugin as the engine runs it, called over gRPC."""

import subprocess
import sys
import threading
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from localcloud.plugins.values import from_struct, to_struct


class FakeEngine(engine_pb2_grpc.EngineServicer):
    """An engine that records the plugins' logs: (severity, text, ephemeral)."""

    def __init__(self):
        self.logged: list[tuple[int, str, bool]] = []

    def Log(self, request, context):  # noqa: N802 - named by the protocol
        del context
        self.logged.append((request.severity, request.message, request.ephemeral))
        return Empty()

    @property
    def statuses(self) -> list[str]:
        """The lines that are shown as the status of a resource."""
        return [text for _, text, ephemeral in self.logged if ephemeral]


class Plugin:
    """A plugin process, and the calls that the engine makes."""

    def __init__(self, module: str, environment: dict[str, str] | None = None):
        self.engine = FakeEngine()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        engine_pb2_grpc.add_EngineServicer_to_server(self.engine, self._server)
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, f"127.0.0.1:{port}"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.process.stdout.readline().strip()}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        """End the process."""
        self._channel.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._server.stop(None).wait()

    def configure(self, **config: Any) -> Any:
        """Configure the provider."""
        return self.stub.Configure(provider_pb2.ConfigureRequest(args=to_struct(config)))

    def check(self, kind: str, inputs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the checked inputs, and the failures by property."""
        request = provider_pb2.CheckRequest(urn=urn(kind), news=to_struct(inputs))
        response = self.stub.Check(request)
        failures = {failure.property: failure.reason for failure in response.failures}
        return from_struct(response.inputs), failures

    def diff(
        self,
        kind: str,
        state: dict[str, Any],
        news: dict[str, Any],
        old_inputs: dict[str, Any] | None = None,
    ) -> Any:
        """Return the response."""
        return self.stub.Diff(
            provider_pb2.DiffRequest(
                urn=urn(kind),
                id="id",
                olds=to_struct(state),
                old_inputs=to_struct(state if old_inputs is None else old_inputs),
                news=to_struct(news),
            )
        )

    def create(
        self, kind: str, inputs: dict[str, Any], *, preview: bool = False, timeout_s: float = 0
    ) -> tuple[str, dict[str, Any]]:
        """Return the ID and the outputs."""
        request = self.create_request(kind, inputs, preview=preview, timeout_s=timeout_s)
        response = self.stub.Create(request)
        return response.id, from_struct(response.properties)

    def create_request(
        self, kind: str, inputs: dict[str, Any], *, preview: bool = False, timeout_s: float = 0
    ) -> Any:
        """Return the request message, for a call that is not waited for."""
        return provider_pb2.CreateRequest(
            urn=urn(kind), properties=to_struct(inputs), preview=preview, timeout=timeout_s
        )

    def read(
        self,
        kind: str,
        resource_id: str,
        state: dict[str, Any] | None = None,
        inputs: dict[str, Any] | None = None,
    ) -> Any:
        """Return the response."""
        return self.stub.Read(
            provider_pb2.ReadRequest(
                urn=urn(kind),
                id=resource_id,
                properties=to_struct(state or {}),
                inputs=to_struct(inputs or {}),
            )
        )

    def update(  # noqa: PLR0913 - as many as the message has
        self,
        kind: str,
        resource_id: str,
        state: dict[str, Any],
        news: dict[str, Any],
        *,
        old_inputs: dict[str, Any] | None = None,
        preview: bool = False,
    ) -> dict[str, Any]:
        """Return the outputs."""
        response = self.stub.Update(
            provider_pb2.UpdateRequest(
                urn=urn(kind),
                id=resource_id,
                olds=to_struct(state),
                old_inputs=to_struct(state if old_inputs is None else old_inputs),
                news=to_struct(news),
                preview=preview,
            )
        )
        return from_struct(response.properties)

    def delete(self, kind: str, resource_id: str, state: dict[str, Any]) -> None:
        """Delete the resource."""
        self.stub.Delete(
            provider_pb2.DeleteRequest(urn=urn(kind), id=resource_id, properties=to_struct(state))
        )

    def cancel_soon(self, delay_s: float) -> threading.Timer:
        """Call Cancel while another call runs."""
        timer = threading.Timer(delay_s, lambda: self.stub.Cancel(Empty()))
        timer.start()
        return timer


def urn(kind: str) -> str:
    """Return the URN of a resource of that type, as a child of another."""
    return f"urn:pulumi:test::devstack::parent:type:T${kind}::it"


def failure(raised: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    """Return the text that the engine shows."""
    return str(raised.value.details())
