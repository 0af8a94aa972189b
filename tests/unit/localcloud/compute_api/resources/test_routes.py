"""Routes: static routes block their network's deletion, its default routes do not."""

import pytest

ROUTE = {
    "name": "lab",
    "network": "global/networks/net",
    "destRange": "192.0.2.0/24",
    "nextHopGateway": "global/gateways/default-internet-gateway",
}


@pytest.fixture
def route(wired):
    """Return the path of a static route."""
    wired.done("POST", f"{wired.base}/global/routes", ROUTE)
    return f"{wired.base}/global/routes/lab"


def test_a_static_route_shows_where_it_leads(wired, route):
    shown = wired.get(route)
    assert shown["destRange"] == "192.0.2.0/24"
    assert shown["routeType"] == "STATIC"
    assert shown["network"].endswith("/networks/net")


def test_a_network_and_its_subnetworks_bring_routes(wired):
    routes = wired.get(f"{wired.base}/global/routes")["items"]
    assert [(route["destRange"], route["routeType"]) for route in routes] == [
        ("0.0.0.0/0", "STATIC"),
        ("10.0.3.0/24", "SUBNET"),
    ]
    assert all(route["name"].startswith("default-route-") for route in routes)


def test_a_static_route_holds_its_network(wired, route):
    wired.done("DELETE", f"{wired.region}/subnetworks/sub")
    error = wired.failed("DELETE", f"{wired.base}/global/networks/net")
    assert error["message"].endswith(f"is already being used by '{route}'")
    wired.done("DELETE", route)
    wired.done("DELETE", f"{wired.base}/global/networks/net")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nextHopIp": "10.0.3.9"}, "resource.nextHop"),
        ({"nextHopGateway": None}, "resource.nextHop"),
        ({"destRange": "everywhere"}, "resource.destRange"),
    ],
    ids=["two-hops", "no-hop", "no-range"],
)
def test_a_route_that_makes_no_sense_is_refused(wired, change, field):
    refusal = wired.refused("POST", f"{wired.base}/global/routes", ROUTE | change)
    assert f"'{field}'" in refusal.message
