"""Addresses: which can be reserved, who uses them, and when they can be released."""

import pytest


def internal_body(client, ip="10.0.3.15"):
    subnetwork = f"{client.region}/subnetworks/sub"
    return {"name": "a", "addressType": "INTERNAL", "subnetwork": subnetwork, "address": ip}


def reserve(client, **fields):
    body = internal_body(client) | fields
    return client.refused("POST", f"{client.region}/addresses", body)


def test_external_address_comes_from_the_range_for_documentation(client):
    assert client.get(client.address("a"))["address"].startswith("203.0.113.")


def test_external_addresses_differ_between_projects(client, api, clock):
    other = type(client)(api, clock)
    addresses = {each.get(each.address("a"))["address"] for each in (client, other)}
    assert len(addresses) == 2


def test_internal_address_is_the_one_asked_for(wired):
    address = wired.get(wired.internal("a", "10.0.3.15"))
    assert (address["address"], address["status"]) == ("10.0.3.15", "RESERVED")
    assert (address["addressType"], address["purpose"]) == ("INTERNAL", "GCE_ENDPOINT")


def test_internal_address_without_a_wish_is_free(wired):
    wired.internal("a", "10.0.3.2")
    subnetwork = f"{wired.region}/subnetworks/sub"
    path = wired.address("b", addressType="INTERNAL", subnetwork=subnetwork)
    assert wired.get(path)["address"] == "10.0.3.3"


def test_address_outside_the_subnetwork_is_refused(wired):
    assert "outside the network/subnetwork range" in reserve(wired, address="10.0.4.15").message


@pytest.mark.parametrize("ip", ["10.0.3.0", "10.0.3.1", "10.0.3.254", "10.0.3.255"])
def test_address_of_the_service_itself_is_refused(wired, ip):
    assert f"'{ip}'" in reserve(wired, address=ip).message


def test_address_that_is_reserved_is_refused_in_the_operation(wired):
    first = wired.internal("first", "10.0.3.15")
    operation = wired.do("POST", f"{wired.region}/addresses", internal_body(wired, "10.0.3.15"))
    assert operation["httpErrorStatusCode"] == 409
    [error] = operation["error"]["errors"]
    assert error["code"] == "IP_IN_USE_BY_ANOTHER_RESOURCE"
    assert wired.refused("GET", f"{wired.region}/addresses/a").code == 404
    assert wired.get(first)["status"] == "RESERVED"


def test_a_refused_reservation_holds_nothing_meanwhile(wired):
    first = wired.internal("first", "10.0.3.15")
    wired.call("POST", f"{wired.region}/addresses", internal_body(wired, "10.0.3.15"))
    instance = wired.instance(networkInterfaces=wired.nic(networkIP="10.0.3.15"))
    assert wired.get(first)["users"] == [f"https://www.googleapis.com/compute/v1/{instance}"]


def test_address_of_an_instance_can_be_reserved_and_is_then_in_use(wired):
    instance = wired.instance(networkInterfaces=wired.nic(networkIP="10.0.3.15"))
    address = wired.get(wired.internal("a", "10.0.3.15"))
    assert (address["status"], address["users"]) == (
        "IN_USE",
        [f"https://www.googleapis.com/compute/v1/{instance}"],
    )


def test_address_can_be_reserved_while_its_instance_is_being_made(wired):
    body = wired.instance_body(networkInterfaces=wired.nic(networkIP="10.0.3.15"))
    wired.call("POST", f"{wired.zone}/instances", body)
    assert wired.get(wired.internal("a", "10.0.3.15"))["status"] == "IN_USE"


def test_one_instance_after_the_other_may_have_a_reserved_address(wired):
    path = wired.internal("of-any-name", "10.0.3.15")
    nic = wired.nic(networkIP="10.0.3.15")
    wired.done("DELETE", wired.instance("first", networkInterfaces=nic))
    second = wired.instance("second", networkInterfaces=nic)
    assert wired.get(path)["users"] == [f"https://www.googleapis.com/compute/v1/{second}"]


def test_a_reservation_does_not_admit_a_second_instance(wired):
    wired.internal("a", "10.0.3.15")
    nic = wired.nic(networkIP="10.0.3.15")
    wired.instance("first", networkInterfaces=nic)
    body = wired.instance_body("second", networkInterfaces=nic)
    error = wired.failed("POST", f"{wired.zone}/instances", body)
    assert error["code"] == "IP_IN_USE_BY_ANOTHER_RESOURCE"


def test_an_instance_needs_no_reservation_and_its_address_is_free_afterwards(wired):
    nic = wired.nic(networkIP="10.0.3.15")
    wired.done("DELETE", wired.instance("first", networkInterfaces=nic))
    wired.instance("second", networkInterfaces=nic)


def test_a_subnetwork_with_a_reservation_stays(wired):
    path = wired.internal("a", "10.0.3.15")
    refusal = wired.refused("DELETE", f"{wired.region}/subnetworks/sub")
    assert refusal.reason == "resourceInUseByAnotherResource"
    assert f"'{path}'" in refusal.message


def test_internal_addresses_have_a_quota_of_their_own(wired):
    wired.api.cloud.quotas.set_limit(wired.project, "INTERNAL_ADDRESSES", 1, "us-east4")
    wired.internal("a", "10.0.3.15")
    refusal = reserve(wired, name="b", address="10.0.3.16")
    assert (refusal.code, refusal.reason) == (403, "quotaExceeded")
    assert "INTERNAL_ADDRESSES" in refusal.message
    wired.instance(networkInterfaces=wired.nic(networkIP="10.0.3.16"))


def test_address_in_another_region_than_its_subnetwork_is_refused(wired):
    body = internal_body(wired)
    refusal = wired.refused("POST", f"{wired.base}/regions/us-east1/addresses", body)
    assert "in the region of the address" in refusal.message


def test_missing_subnetwork_is_not_found(client):
    assert reserve(client).code == 404


@pytest.mark.parametrize("kind", ["internal", "external"])
def test_address_in_use_names_its_user_and_cannot_be_released(wired, kind):
    if kind == "internal":
        path = wired.internal("a", "10.0.3.15")
        nic = wired.nic(networkIP="10.0.3.15")
    else:
        path = wired.address("a")
        nic = wired.nic(accessConfigs=[{"natIP": wired.get(path)["address"]}])
    instance = wired.instance(networkInterfaces=nic)
    address = wired.get(path)
    assert address["status"] == "IN_USE"
    assert address["users"] == [f"https://www.googleapis.com/compute/v1/{instance}"]
    refusal = wired.refused("DELETE", path)
    assert refusal.reason == "resourceInUseByAnotherResource"
    assert refusal.message == (
        f"The address resource '{path}' is already being used by '{instance}'"
    )


def test_address_is_free_when_its_instance_is_gone(wired):
    path = wired.internal("a", "10.0.3.15")
    wired.done("DELETE", wired.instance(networkInterfaces=wired.nic(networkIP="10.0.3.15")))
    assert wired.get(path)["status"] == "RESERVED"
    wired.done("DELETE", path)


def test_labels_are_changed_with_the_current_fingerprint_only(client):
    path = client.address("a", labels={"stack": "ci"})
    change = {"labels": {"stack": "b"}, "labelFingerprint": client.get(path)["labelFingerprint"]}
    client.done("POST", f"{path}/setLabels", change)
    assert client.get(path)["labels"] == {"stack": "b"}
    refusal = client.refused("POST", f"{path}/setLabels", change)
    assert (refusal.code, refusal.reason) == (412, "conditionNotMet")
    assert refusal.body["error"]["errors"][0]["location"] == "If-Match"


@pytest.mark.parametrize("labels", [{"Upper": "x"}, {"a": "UPPER"}, {"1": "x"}, {"a": "x" * 64}])
def test_malformed_label_is_refused(client, labels):
    body = {"name": "a", "labels": labels}
    assert "resource.labels" in client.refused("POST", f"{client.region}/addresses", body).message


def test_ephemeral_address_in_use_can_be_reserved(wired):
    instance = wired.get(wired.instance(networkInterfaces=wired.nic(accessConfigs=[{}])))
    ip = instance["networkInterfaces"][0]["accessConfigs"][0]["natIP"]
    assert wired.get(wired.address("kept", address=ip))["status"] == "IN_USE"


def test_external_address_of_nobody_is_refused(client):
    body = {"name": "a", "address": "203.0.113.200"}
    assert client.refused("POST", f"{client.region}/addresses", body).reason == "invalid"


def test_instance_without_an_external_ip_uses_no_external_address(wired):
    path = wired.address("a")
    wired.instance()
    assert wired.get(path)["status"] == "RESERVED"
