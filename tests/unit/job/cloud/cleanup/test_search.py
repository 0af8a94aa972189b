"""Search: foreign rules and routes that block our network's deletion, and harmless ones."""

import pytest

from job.cloud.cleanup.search import Leftover, holders, of_state
from job.cloud.kinds import FIREWALLS, NETWORKS, ROUTES
from stacks.naming import Owner

NETWORK = "projects/p/global/networks/capo-e2e-ci"
LINK = "https://www.googleapis.com/compute/v1/"
OURS = Leftover(kind=NETWORKS, path=NETWORK, owner=Owner("capo-e2e", "ci"))


class Api:
    """A project with these resources of one kind."""

    def __init__(self, kind, *bodies):
        self._kind, self._bodies = kind, bodies

    def list(self, kind):
        """Yield the resources of a kind."""
        return iter(self._bodies if kind is self._kind else ())


def body(collection, name, network=NETWORK, **fields):
    link = f"{LINK}projects/p/global/{collection}/{name}"
    return {"name": name, "selfLink": link, "network": f"{LINK}{network}", **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "default-route-8f3c", "nextHopGateway": "default-internet-gateway"},
        {"name": "subnet", "nextHopNetwork": f"{LINK}{NETWORK}"},
        {"name": "peering", "nextHopPeering": "servicenetworking", "routeType": "STATIC"},
        {"name": "hub", "nextHopHub": "hub"},
        {"name": "elsewhere", "network": "projects/p/global/networks/lab"},
        {"name": "guests", "description": "devstack-cluster=capo-e2e devstack-stack=guest"},
    ],
    ids=lambda fields: fields["name"],
)
def test_a_route_that_goes_with_something_else_is_left_alone(fields):
    assert holders(Api(ROUTES, body("routes", **fields)), [OURS]) == []


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (FIREWALLS, {"name": "default-route-rule"}),
        (ROUTES, {"name": "detour", "nextHopIp": "10.0.3.9", "routeType": "STATIC"}),
        (ROUTES, {"name": "tunnel", "nextHopVpnTunnel": "vpn"}),
    ],
    ids=["rule", "static", "vpn"],
)
def test_what_a_stranger_made_on_our_network_holds_it(kind, fields):
    [holder] = holders(Api(kind, body(kind.collection, **fields)), [OURS])

    assert holder.path == f"projects/p/global/{kind.collection}/{fields['name']}"
    assert holder.owner is None


def test_without_a_network_of_ours_nothing_is_held():
    assert holders(Api(FIREWALLS, body("firewalls", "scanner")), []) == []


def test_a_state_gives_what_can_be_deleted_by_its_id():
    state = [
        {"urn": "u", "type": "gcp:compute/network:Network", "id": NETWORK},
        {"urn": "nat", "type": "gcp:compute/routerNat:RouterNat", "id": "p/us-east4/r/n"},
        {"urn": "new", "type": "gcp:compute/thing:Thing", "id": "projects/p/global/things/x"},
        {"urn": "command", "type": "command:local:Command", "id": "projects/p/global/networks/x"},
        {"urn": "component", "type": "devstack:gcp:Node"},
    ]

    assert [(each.kind, each.urn) for each in of_state(state)] == [(NETWORKS, "u")]
