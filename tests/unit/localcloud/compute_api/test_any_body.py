"""Any body: an incomplete or wrong body is accepted or refused, and never crashes the double."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NETWORK = {"name": "new", "network": "global/networks/net"}
NAT = {
    "name": "nat",
    "natIpAllocateOption": "MANUAL_ONLY",
    "natIps": ["regions/us-east4/addresses/public"],
    "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
    "subnetworks": [
        {"name": "regions/us-east4/subnetworks/sub", "sourceIpRangesToNat": ["ALL_IP_RANGES"]}
    ],
}
SUBNETWORK = NETWORK | {
    "ipCidrRange": "10.0.4.0/24",
    "secondaryIpRanges": [{"rangeName": "pods", "ipCidrRange": "10.1.0.0/20"}],
}
ADDRESS = {
    "name": "new",
    "addressType": "INTERNAL",
    "subnetwork": "regions/us-east4/subnetworks/sub",
    "address": "10.0.3.99",
    "labels": {"a": "b"},
}
RULE = NETWORK | {
    "priority": 5,
    "allowed": [{"IPProtocol": "tcp", "ports": ["22", "80-90"]}],
    "sourceRanges": ["10.0.0.0/8"],
    "targetTags": ["node"],
}
DISK = {
    "name": "new",
    "sizeGb": "20",
    "type": "zones/us-east4-a/diskTypes/pd-ssd",
    "sourceImage": "projects/debian-cloud/global/images/family/debian-12",
}
INSTANCE = {
    "name": "new",
    "machineType": "zones/us-east4-a/machineTypes/n2-standard-2",
    "minCpuPlatform": "Intel Cascade Lake",
    "advancedMachineFeatures": {"enableNestedVirtualization": True},
    "disks": [
        {
            "boot": True,
            "autoDelete": True,
            "initializeParams": {
                "sourceImage": DISK["sourceImage"],
                "diskSizeGb": "20",
                "diskType": DISK["type"],
            },
        }
    ],
    "networkInterfaces": [
        {
            "network": "global/networks/net",
            "subnetwork": "regions/us-east4/subnetworks/sub",
            "networkIP": "10.0.3.98",
            "accessConfigs": [{"type": "ONE_TO_ONE_NAT"}],
        }
    ],
    "metadata": {"items": [{"key": "user-data", "value": "x"}]},
    "tags": {"items": ["node"]},
    "labels": {"a": "b"},
    "scheduling": {"provisioningModel": "SPOT", "preemptible": True},
    "serviceAccounts": [{"email": "default", "scopes": ["x"]}],
}

WRONG = st.sampled_from(
    ["", "a", "Bad", "10.0.3.0/24", "zones/us-east4-a", "-1", 0, -1, [], {}, None]
)


def paths(body, here=()):
    """Yield the path of each value in a body."""
    items = body.items() if isinstance(body, dict) else enumerate(body)
    for key, inner in list(items):
        yield (*here, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*here, key))


@st.composite
def spoilt(draw, body):
    """A body in which up to three values are missing or wrong."""
    whole = {"body": _copy(body)}
    for _ in range(draw(st.integers(min_value=0, max_value=3))):
        *way, last = draw(st.sampled_from(list(paths(whole["body"])) or [("name",)]))
        place = whole["body"]
        for key in way:
            place = place[key]
        if draw(st.booleans()) and isinstance(place, dict):
            place.pop(last, None)
        else:
            place[last] = _copy(draw(WRONG))
    return whole["body"]


def _copy(value):
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        ("global/networks", {"name": "new", "autoCreateSubnetworks": False, "mtu": 1460}),
        ("regions/us-east4/subnetworks", SUBNETWORK),
        ("regions/us-east4/addresses", ADDRESS),
        ("global/firewalls", RULE),
        ("regions/us-east4/routers", NETWORK | {"nats": [NAT]}),
        ("zones/us-east4-a/disks", DISK),
        ("zones/us-east4-a/instances", INSTANCE),
    ],
    ids=lambda value: value.rsplit("/", 1)[1] if isinstance(value, str) else "",
)
@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_body_is_accepted_or_refused(wired, collection, body, data):
    """An accepted resource can be read, and is deleted before the next body is sent."""
    if wired.send("GET", f"{wired.region}/addresses/public").status != 200:
        wired.address("public")
    path = f"{wired.base}/{collection}"
    answer = wired.send("POST", path, data.draw(spoilt(body)))
    wired.clock.advance(1)
    assert answer.status in {200, 400, 404, 409, 501}
    for item in wired.get(path).get("items", []):
        if item["name"] not in {"net", "sub", "public"}:
            wired.done("DELETE", f"{path}/{item['name']}")
