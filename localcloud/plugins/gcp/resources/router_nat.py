"""RouterNat: gcp:compute/routerNat:RouterNat, an entry in a router's list.

The API has no request for one entry: a change reads the router's list and writes all of it. Two
changes at the same time would lose one entry, so each router has a lock here.
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

from localcloud.plugins.gcp.client import Compute
from localcloud.plugins.gcp.config import Config
from localcloud.plugins.gcp.convert import Json
from localcloud.plugins.gcp.errors import ApiError, NotFoundError, OperationError
from localcloud.plugins.gcp.links import Place, name_of, same_link
from localcloud.plugins.gcp.plan import Plan
from localcloud.plugins.gcp.resource import Resource
from localcloud.plugins.gcp.schema import NAME, PROJECT, Field, boolean, integer, string
from localcloud.plugins.provider import ProviderError
from localcloud.plugins.values import Properties

_LOG = (
    boolean("enable", required=True),
    string("filter", required=True, values=("ERRORS_ONLY", "TRANSLATIONS_ONLY", "ALL")),
)
_SOURCES = (
    "ALL_SUBNETWORKS_ALL_IP_RANGES",
    "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES",
    "LIST_OF_SUBNETWORKS",
)

Nats = list[Json]


class RouterNat(Resource):
    """A Cloud NAT configuration of a router."""

    token = "gcp:compute/routerNat:RouterNat"  # noqa: S105 - a type's name
    noun = "RouterNat"
    collection = "routers"
    parameter = "router"
    scope = "region"
    fields = (
        NAME,
        PROJECT,
        string("region", api="-", computed=True, force_new=True, same=same_link),
        string("router", api="-", required=True, force_new=True, same=same_link),
        string("natIpAllocateOption", values=("AUTO_ONLY", "MANUAL_ONLY")),
        string("sourceSubnetworkIpRangesToNat", required=True, values=_SOURCES),
        Field(name="natIps", kind="set", computed=True),
        Field(name="drainNatIps", kind="set", computed=True),
        Field(name="endpointTypes", kind="list", computed=True, force_new=True),
        string("autoNetworkTier", computed=True),
        string("type", default="PUBLIC", force_new=True, values=("PUBLIC", "PRIVATE")),
        boolean("enableDynamicPortAllocation", computed=True),
        boolean("enableEndpointIndependentMapping", computed=True),
        integer("minPortsPerVm", computed=True),
        integer("maxPortsPerVm"),
        integer("icmpIdleTimeoutSec", default=30),
        integer("tcpEstablishedIdleTimeoutSec", default=1200),
        integer("tcpTimeWaitTimeoutSec", default=120),
        integer("tcpTransitoryIdleTimeoutSec", default=30),
        integer("udpIdleTimeoutSec", default=30),
        Field(name="logConfig", kind="object", fields=_LOG),
    )

    def __init__(self) -> None:
        # By router. The engine works on several resources at once.
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def place(self, properties: Properties, config: Config) -> Place:
        return replace(super().place(properties, config), router=name_of(properties["router"]))

    def resource_id(self, place: Place) -> str:
        """Return the ID. IDs of this type have no collection names in them."""
        return f"{place.project}/{place.region}/{place.router}/{place.name}"

    def id_patterns(self) -> list[str]:
        tail = "(?P<router>[^/]+)/(?P<name>[^/]+)"
        project, region = "(?P<project>[^/]+)", "(?P<region>[^/]+)"
        return [
            f"projects/{project}/regions/{region}/routers/{tail}",
            f"{project}/{region}/{tail}",
            f"{region}/{tail}",
            tail,
        ]

    def at(self, place: Place) -> dict[str, str]:
        """Return the parameters that name the router. Requests are about the whole router."""
        return {**self.within(place), "router": place.router}

    def create(self, compute: Compute, place: Place, plan: Plan) -> None:
        """Add the entry. Refuse a name that the router already has."""

        def add(nats: Nats) -> Nats:
            if found := _named(nats, place.name):
                raise ProviderError(
                    f"Unable to create RouterNat, existing object already found: {found}"
                )
            return [*nats, self.body(place, plan.values)]

        try:
            self._change("Creating RouterNat", compute, place, add)
        except ApiError as error:
            raise ProviderError(f"Error creating RouterNat: {error}") from error
        except OperationError as error:
            raise ProviderError(f"Error waiting to create RouterNat: {error}") from error

    def find(self, compute: Compute, place: Place) -> Json | None:
        router = super().find(compute, place)
        return _named(router.get("nats", []), place.name) if router else None

    def update(
        self, compute: Compute, place: Place, state: Properties, plan: Plan, changed: set[str]
    ) -> None:
        """Replace the whole entry, as the real plugin does."""
        del state, changed
        body = self.body(place, plan.values)

        def substitute(nats: Nats) -> Nats:
            return [body if nat["name"] == place.name else nat for nat in nats]

        try:
            self._change("Updating RouterNat", compute, place, substitute)
        except ApiError as error:
            where = self.resource_id(place)
            raise ProviderError(f'Error updating RouterNat "{where}": {error}') from error

    def delete(self, compute: Compute, place: Place, state: Properties) -> None:
        """Remove the entry. Raises NotFoundError if the router lacks it, else ProviderError."""
        del state

        def remove(nats: Nats) -> Nats:
            if not _named(nats, place.name):
                raise NotFoundError(f"{self.resource_id(place)} is gone")
            return [nat for nat in nats if nat["name"] != place.name]

        try:
            self._change("Deleting RouterNat", compute, place, remove)
        except NotFoundError:
            raise
        except ApiError as error:
            raise ProviderError(f"Error when reading or editing RouterNat: {error}") from error

    def _change(
        self, activity: str, compute: Compute, place: Place, change: Callable[[Nats], Nats]
    ) -> None:
        at = self.at(place)
        with self._locks["/".join(at.values())]:
            nats = compute.run(self.collection, "get", **at).get("nats", [])
            body = {"nats": change(nats)}
            compute.change(activity, self.collection, "patch", **at, body=body)


def _named(nats: Nats, name: str) -> Json | None:
    return next((nat for nat in nats if nat["name"] == name), None)
