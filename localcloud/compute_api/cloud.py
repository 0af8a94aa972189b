"""Cloud: the state of the double, shared by everything that answers a request.

A change has two moments, as on Google Cloud. A handler checks the request and refuses what the
service refuses at once; then create, update or delete accepts an operation, whose effect comes when
the clock says that it is DONE. Until then a resource that is created or deleted is visible but not
ready, and requests that need it are refused.
"""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.compute_api import links
from localcloud.compute_api.clock import Clock, timestamp
from localcloud.compute_api.errors import Json, OperationError
from localcloud.compute_api.faults import Faults
from localcloud.compute_api.hooks import Hooks
from localcloud.compute_api.journal import Journal
from localcloud.compute_api.offers import Offers
from localcloud.compute_api.operations import Finish, Operation, Operations
from localcloud.compute_api.options import Options, kind_of
from localcloud.compute_api.quotas import Quotas
from localcloud.compute_api.store import Resource, Store

if TYPE_CHECKING:
    from localcloud.compute_api.capacity import FullZone

# Nineteen digits, as the service's ids have: a client that reads one as a float gets another id.
_FIRST_ID = 1_000_000_000_000_000_000
# The user that operations name. Nobody's domain ends in .invalid (RFC 2606).
USER = "somebody@localcloud.invalid"


@dataclass
class Call:
    """A request that fits the API; its body is without nulls."""

    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    # The end that a fault gives to the operation of this call.
    operation_error: OperationError | None = None

    @property
    def project(self) -> str:
        return self.params["project"]

    @property
    def scope(self) -> str:
        """Return the scope of the request: global, regions/R or zones/Z."""
        if "zone" in self.params:
            return f"zones/{self.params['zone']}"
        if "region" in self.params:
            return f"regions/{self.params['region']}"
        return "global"


Handler = Callable[["Cloud", Call], Json]


class Cloud:
    """All state of the double. A caller holds the lock while it reads or changes anything."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.options = options
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.store = Store()
        self.operations = Operations(clock)
        self.faults = Faults()
        self.quotas = Quotas(self.store)
        self.hooks = Hooks()
        self.full_zones: dict[str, FullZone] = {}
        self.offers = Offers()
        # Output of the instances' serial ports, by path.
        self.serial_output: dict[str, str] = {}
        # Refusals that a test asked for: HTTP statuses by project and by token, and method ids.
        self.refused_projects: dict[str, int] = {}
        self.refused_tokens: dict[str, int] = {}
        self.denied_methods: set[str] = set()
        self.rate_limited_until = 0.0
        self.journal = Journal()
        self._ids = itertools.count(1)
        self._by_request_id: dict[tuple[str, str], str] = {}

    def repeated(self, call: Call) -> Json | None:
        """Return the operation of an earlier request with the same requestId, or None.

        As on the service, this makes the retry of a change idempotent: a client that lost the
        answer gets it now, and not a second resource.
        """
        path = self._by_request_id.get((call.project, call.query.get("requestId", "")))
        operation = self.operations.find(path) if path else None
        return operation.body() if operation else None

    def remember(self, call: Call, body: Json) -> None:
        """Keep the operation under the requestId of the call, if it has one."""
        # A read may carry a requestId as well, but has nothing that could happen twice.
        if "requestId" in call.query and body.get("kind") == "compute#operation":
            path = links.relative(body["selfLink"])
            self._by_request_id[call.project, call.query["requestId"]] = path

    def new_id(self) -> str:
        """Return a new numeric id, as a string: many JSON parsers would round the number."""
        return str(_FIRST_ID + next(self._ids) * 7_919)

    def use_id(self, taken: str) -> None:
        """Let all later IDs be greater than one that an earlier double gave."""
        number = (int(taken) - _FIRST_ID) // 7_919
        self._ids = itertools.count(max(number, next(self._ids)) + 1)

    def stamp(self, path: str, kind: str) -> Json:
        """Return the fields that every new resource has, with a new id and the present time."""
        return {
            "kind": f"compute#{kind}",
            "id": self.new_id(),
            "creationTimestamp": timestamp(self.clock.now()),
            "name": links.name_of(path),
            "selfLink": links.link(path),
        }

    def operate(  # noqa: PLR0913 - each argument is one field of the operation
        self,
        call: Call,
        target: Resource,
        verb: str,
        *,
        finish: Finish,
        fail: Finish | None = None,
        start: Finish | None = None,
        error: OperationError | None = None,
        references: list[str] | None = None,
    ) -> Json:
        """Accept an operation on a resource and return its JSON.

        `start` is called when it becomes RUNNING. When it becomes DONE, `finish` is called, or
        `fail` if it has an error; a fault's error goes before `error`. `references` are the paths
        that the request needs, for the journal.
        """
        inserted, starts, ends = self.operations.times(
            self.options.latency(call.method, kind_of(call.method.split(".")[1]))
        )
        number = next(self._ids)
        name = f"operation-{int(inserted * 1000)}-{number:013x}-{number:08x}-localcld"
        operation = Operation(
            path=links.join(call.project, call.scope, "operations", name),
            id=str(_FIRST_ID + number * 7_919),
            method=call.method,
            type=verb,
            target=target.path,
            target_id=target.body["id"],
            user=USER,
            inserted=inserted,
            starts=starts,
            ends=ends,
            start=start,
            finish=finish,
            error=call.operation_error or error,
            references=references or [],
            client_operation_id=call.query.get("requestId"),
        )
        if operation.error is not None:
            operation.finish = fail or (lambda: None)
        self.operations.add(operation)
        # The server sleeps until the next operation is due, which may be this one now.
        self.changed.notify_all()
        return operation.body()

    def create(
        self,
        call: Call,
        resource: Resource,
        *,
        then: Finish | None = None,
        error: OperationError | None = None,
    ) -> Json:
        """Accept the creation of a resource: visible at once, usable when the operation is done.

        An error removes the resource at the operation's end; `then` is called without one.
        """
        resource.state = "creating"
        self.store.add(resource)

        def finish() -> None:
            resource.state = "ready"
            if then:
                then()

        return self.operate(
            call,
            resource,
            "insert",
            finish=finish,
            fail=lambda: self.store.remove(resource.path),
            error=error,
            references=resource.references,
        )

    def delete(
        self,
        call: Call,
        resource: Resource,
        *,
        then: Finish | None = None,
        error: OperationError | None = None,
    ) -> Json:
        """Accept the deletion of a resource: gone when the operation is done, kept if it failed.

        `then` is called once it is gone.
        """
        resource.state = "deleting"

        def finish() -> None:
            self.store.remove(resource.path)
            if then:
                then()

        def fail() -> None:
            resource.state = "ready"

        return self.operate(
            call,
            resource,
            "delete",
            finish=finish,
            fail=fail,
            error=error,
        )

    def update(
        self, call: Call, resource: Resource, verb: str, apply: Finish, references: list[str]
    ) -> Json:
        """Accept a change of a resource; `apply` makes it visible when the operation is done."""
        return self.operate(call, resource, verb, finish=apply, references=references)
