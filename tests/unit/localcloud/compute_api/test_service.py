"""Service: refusals before a request reaches a resource."""

import pytest

from localcloud.compute_api.service import Service, Wire


def test_route_that_the_api_lacks_is_refused(client):
    assert client.refused("GET", f"{client.base}/global/nonsense").code == 404


def test_route_that_only_the_double_lacks_says_so(client):
    refusal = client.refused("GET", f"{client.base}/global/snapshots")
    assert (refusal.code, refusal.reason) == (501, "notImplemented")
    assert "compute.snapshots.list" in refusal.message
    assert "localcloud" in refusal.message


def test_unknown_query_parameter_is_refused(client):
    refusal = client.refused("GET", f"{client.base}/global/networks?colour=red")
    assert 'Unknown name "colour": Cannot bind query parameter' in refusal.message


def test_missing_query_parameter_is_refused(wired):
    path = wired.instance()
    refusal = wired.refused("POST", f"{path}/addAccessConfig", {})
    assert refusal.message == "Required field 'networkInterface' not specified"


def test_view_of_an_instance_is_a_parameter(wired):
    """The provider requests view=FULL, which the discovery document does not mention."""
    assert wired.get(f"{wired.instance()}?view=FULL")["name"] == "vm"


def test_path_that_cannot_be_a_name_is_refused(client):
    refusal = client.refused("GET", f"{client.base}/global/networks/Bad_Name")
    assert refusal.message.startswith("Invalid value for field 'network': 'Bad_Name'.")


def test_body_where_none_belongs_is_refused(wired):
    assert wired.refused("POST", f"{wired.instance()}/stop", {"a": 1}).reason == "badRequest"


def test_malformed_json_is_refused(client):
    path = f"/compute/v1/{client.base}/global/networks"
    answer = Service(client.api.cloud).answer(Wire("POST", path, "", "Bearer t", b"{"))
    assert answer.status == 400


def test_request_without_a_token_is_refused(client):
    answer = client.send("GET", f"{client.base}/global/networks", bearer="")
    assert answer.body["error"]["status"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("status", [401, 403])
def test_token_can_be_refused(client, status):
    client.api.refuse_token("stale", status)
    assert client.send("GET", f"{client.base}/global/networks", bearer="stale").status == status
    assert client.send("GET", f"{client.base}/global/networks", bearer="good").status == 200


@pytest.mark.parametrize("status", [403, 404])
def test_project_can_be_refused(client, status):
    client.api.refuse_project(client.project, status)
    refusal = client.refused("GET", f"{client.base}/global/networks")
    assert refusal.code == status
    assert client.project in refusal.message


def test_method_can_be_denied(client):
    """CI's service account lacks permission to list zones."""
    client.api.deny("zones.list")
    refusal = client.refused("GET", f"{client.base}/zones")
    assert (refusal.code, refusal.reason) == (403, "forbidden")
    assert "compute.zones.list" in refusal.message
    assert client.get(f"{client.base}/zones/us-east4-a")["status"] == "UP"


def test_rate_limit_ends_by_itself(client):
    client.api.rate_limit(20)
    refusal = client.refused("GET", f"{client.base}/zones")
    assert (refusal.code, refusal.reason) == (403, "rateLimitExceeded")
    assert refusal.body["error"]["errors"][0]["domain"] == "usageLimits"
    client.clock.advance(20)
    assert client.get(f"{client.base}/zones")["items"]


def test_request_id_makes_an_insert_idempotent(client):
    path = f"{client.base}/global/networks?requestId=1f0c"
    body = {"name": "net", "autoCreateSubnetworks": False}
    first = client.call("POST", path, body)
    assert client.call("POST", path, body)["name"] == first["name"]


def test_requests_are_noted_with_method_and_status(client):
    client.refused("GET", f"{client.base}/global/networks/gone")
    assert [
        (request["method"], request["status"]) for request in client.api.requests(client.project)
    ] == [("compute.networks.get", 404)]
