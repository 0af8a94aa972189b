"""Protocol: Pulumi's ResourceProvider service, in front of a Provider.

Refusals and failures of a provider (`ProviderError`) reach the engine as text, which it shows as it
is. Any other exception is a bug: its traceback goes to standard error, and the engine hears that it
was a bug. Methods that are not defined here answer UNIMPLEMENTED, by gRPC's own base class.
"""

# ruff: noqa: N802 - the methods are named and documented by the protocol

import json
import threading
import traceback
from collections.abc import Callable
from importlib import metadata
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from localcloud.plugins.engine import Engine
from localcloud.plugins.paths import top
from localcloud.plugins.provider import (
    Call,
    Checked,
    Difference,
    PartialStateError,
    Provider,
    ProviderError,
    Severity,
)
from localcloud.plugins.values import UnsupportedValueError, from_struct, to_struct

_Reply = TypeVar("_Reply", bound=Message)

_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """A translation of messages into calls of a Provider, and of its errors into gRPC statuses."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._cancelled = threading.Event()
        self.engine = Engine()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Message:
        del context
        self.engine.attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=self._provider.accept_secrets)

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Empty:
        del context
        # Sent to a plugin that a person started for debugging.
        self.engine.attach(request.address)
        return Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Message:
        del request, context
        # The SDK's own version, which is the one that a program asks for.
        return plugin_pb2.PluginInfo(version=metadata.version(self._provider.package))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Message:
        del request, context
        schema = {
            "name": self._provider.name,
            "version": metadata.version(self._provider.package),
            "description": "localcloud's stand-in; it describes no types",
        }
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Empty:
        del request, context
        # Every call shares the event, sees it within moments, and ends itself (Call.stop_reason).
        self._cancelled.set()
        return Empty()

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Message:
        return self._guarded(
            context, lambda: _checked(self._provider.check_config(from_struct(request.news)))
        )

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Message:
        def diff() -> Message:
            olds, news = from_struct(request.olds), from_struct(request.news)
            return _difference(self._provider.diff_config(olds, news))

        return self._guarded(context, diff)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Message:
        def configure() -> Message:
            self._provider.configure(from_struct(request.args), self._call(request))
            # With supportsPreview the engine calls Create and Update in a preview, too. Without it,
            # all outputs of a changed resource would be unknown.
            return provider_pb2.ConfigureResponse(
                acceptSecrets=self._provider.accept_secrets, supportsPreview=True
            )

        return self._guarded(context, configure)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Message:
        return self._guarded(
            context,
            lambda: _checked(self._provider.check(self._call(request), from_struct(request.news))),
        )

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Message:
        def diff() -> Message:
            state, old_inputs = from_struct(request.olds), from_struct(request.old_inputs)
            news = from_struct(request.news)
            call = self._call(request)
            return _difference(self._provider.diff(call, state, old_inputs, news))

        return self._guarded(context, diff)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Message:
        def create() -> Message:
            inputs = from_struct(request.properties)
            resource_id, properties = self._provider.create(self._call(request), inputs)
            return provider_pb2.CreateResponse(id=resource_id, properties=to_struct(properties))

        return self._guarded(context, create)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Message:
        def read() -> Message:
            state, inputs = from_struct(request.properties), from_struct(request.inputs)
            found = self._provider.read(self._call(request), state, inputs)
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.resource_id,
                properties=to_struct(found.properties),
                inputs=to_struct(found.inputs),
            )

        return self._guarded(context, read)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Message:
        def update() -> Message:
            state, old_inputs = from_struct(request.olds), from_struct(request.old_inputs)
            news = from_struct(request.news)
            properties = self._provider.update(self._call(request), state, old_inputs, news)
            return provider_pb2.UpdateResponse(properties=to_struct(properties))

        return self._guarded(context, update)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Empty:
        def delete() -> Empty:
            self._provider.delete(self._call(request), from_struct(request.properties))
            return Empty()

        return self._guarded(context, delete)

    def _call(self, request: Any) -> Call:
        urn = request.urn

        def report(severity: Severity, message: str, ephemeral: bool) -> None:  # noqa: FBT001
            self.engine.log(severity, message, urn, ephemeral=ephemeral)

        return Call(
            urn=urn,
            # A URN is urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME, with the parents' types first.
            type=urn.split("::")[2].rsplit("$", 1)[-1] if urn else "",
            report=report,
            cancelled=self._cancelled,
            resource_id=getattr(request, "id", ""),
            preview=getattr(request, "preview", False),
            timeout_s=getattr(request, "timeout", 0.0),
        )

    def _guarded(self, context: grpc.ServicerContext, work: Callable[[], _Reply]) -> _Reply:
        try:
            return work()
        except PartialStateError as error:
            _abort_with_state(context, error)
        except (ProviderError, UnsupportedValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            traceback.print_exc()
            context.abort(grpc.StatusCode.INTERNAL, f"a bug in the stand-in plugin: {error!r}")
        raise AssertionError("abort always raises")


def _abort_with_state(context: grpc.ServicerContext, error: PartialStateError) -> NoReturn:
    """Fail, and let the engine keep the resource in state with the error's properties."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id, properties=to_struct(error.properties), reasons=[str(error)]
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    # The engine reads the details from this header of gRPC's, which grpcio does not write itself.
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort always raises")


def _checked(checked: Checked) -> Message:
    return provider_pb2.CheckResponse(
        inputs=to_struct(checked.inputs),
        failures=[
            provider_pb2.CheckFailure(property=failure.path, reason=failure.reason)
            for failure in checked.failures
        ],
    )


def _difference(difference: Difference) -> Message:
    changes = difference.changes
    return provider_pb2.DiffResponse(
        changes=(
            provider_pb2.DiffResponse.DIFF_SOME if changes else provider_pb2.DiffResponse.DIFF_NONE
        ),
        # The engine takes property names here, and paths in the detailed diff alone.
        diffs=sorted({top(path) for path in changes}),
        replaces=sorted({top(path) for path, change in changes.items() if change.replace}),
        stables=list(difference.stables),
        deleteBeforeReplace=difference.delete_before_replace,
        hasDetailedDiff=True,
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_KINDS[change.kind, change.replace])
            for path, change in changes.items()
        },
    )
