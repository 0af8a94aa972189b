"""Firewalls: required fields of a rule, and the service's defaults."""

import pytest

SSH = [{"IPProtocol": "tcp", "ports": ["22"]}]


def body(**fields):
    return {"name": "fw", "network": "global/networks/net", "allowed": SSH} | fields


@pytest.fixture
def path(wired):
    return f"{wired.base}/global/firewalls"


def test_rule_has_the_services_defaults(wired, path):
    wired.done("POST", path, body())
    rule = wired.get(f"{path}/fw")
    assert (rule["direction"], rule["priority"], rule["disabled"]) == ("INGRESS", 1000, False)
    assert rule["sourceRanges"] == ["0.0.0.0/0"]
    assert rule["logConfig"] == {"enable": False}


def test_source_tags_alone_open_no_range(wired, path):
    wired.done("POST", path, body(sourceTags=["node"]))
    assert "sourceRanges" not in wired.get(f"{path}/fw")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"priority": 65536}, "'resource.priority': '65536'", id="priority"),
        pytest.param({"sourceRanges": ["10.0.3.7/24"]}, "'10.0.3.7/24'", id="host bits"),
        pytest.param({"sourceRanges": ["x"]}, "sourceRanges[0]", id="no range"),
        pytest.param({"targetTags": ["No_Tag"]}, "targetTags[0]", id="tag"),
        pytest.param({"allowed": []}, "exactly one of", id="nothing allowed"),
        pytest.param({"denied": SSH}, "exactly one of", id="allowed and denied"),
        pytest.param({"allowed": [{"IPProtocol": "tpc"}]}, "'tpc'", id="protocol"),
        pytest.param({"allowed": [{"IPProtocol": "icmp", "ports": ["1"]}]}, "icmp", id="no ports"),
        pytest.param(
            {"allowed": [{"IPProtocol": "tcp", "ports": ["65536"]}]}, "'65536'", id="large port"
        ),
        pytest.param(
            {"allowed": [{"IPProtocol": "tcp", "ports": ["90-80"]}]}, "'90-80'", id="port range"
        ),
        pytest.param({"direction": "SIDEWAYS"}, "'SIDEWAYS'", id="direction"),
        pytest.param(
            {"direction": "EGRESS", "sourceRanges": ["10.0.0.0/8"]}, "EGRESS", id="egress source"
        ),
    ],
)
def test_malformed_rule_is_refused(wired, path, fields, message):
    refusal = wired.refused("POST", path, body(**fields))
    assert refusal.code == 400
    assert message in refusal.message


def test_missing_network_is_not_found(client):
    refusal = client.refused("POST", f"{client.base}/global/firewalls", body())
    assert refusal.reason == "notFound"


def test_bare_network_name_is_malformed(wired, path):
    assert "The URL is malformed" in wired.refused("POST", path, body(network="net")).message


def test_patch_changes_the_given_fields(wired, path):
    wired.done("POST", path, body(targetTags=["node"]))
    wired.done("PATCH", f"{path}/fw", {"sourceRanges": ["10.0.0.0/8"]})
    rule = wired.get(f"{path}/fw")
    assert (rule["sourceRanges"], rule["targetTags"]) == (["10.0.0.0/8"], ["node"])


def test_network_of_a_rule_cannot_change(wired, path):
    wired.done("POST", path, body())
    wired.network("second")
    change = {"network": "global/networks/second"}
    assert "cannot change" in wired.refused("PATCH", f"{path}/fw", change).message
