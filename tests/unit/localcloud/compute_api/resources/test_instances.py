"""Instances: immediate refusals, late failures, and the fields that clients read."""

import base64

import pytest


def refusal(client, **fields):
    return client.refused("POST", f"{client.zone}/instances", client.instance_body(**fields))


def test_instance_boots_from_the_image_that_its_family_means(wired):
    """Its link names Google's host: a different link would replace the instance at each preview."""
    wired.instance()
    assert wired.get(f"{wired.zone}/disks/vm")["sourceImage"] == (
        "https://www.googleapis.com/compute/v1/projects/ubuntu-os-cloud/global/images/"
        "ubuntu-2404-noble-amd64-v20260115"
    )


def test_status_goes_from_provisioning_over_staging_to_running(wired):
    wired.api.set_latency({"instance": 20.0})
    wired.call("POST", f"{wired.zone}/instances", wired.instance_body())
    seen = [wired.get(f"{wired.zone}/instances/vm")["status"]]
    for seconds in (2, 18):
        wired.clock.advance(seconds)
        seen.append(wired.get(f"{wired.zone}/instances/vm")["status"])
    assert seen == ["PROVISIONING", "STAGING", "RUNNING"]


def test_all_three_shielded_options_are_shown(wired):
    """The provider crashes if one is missing."""
    assert set(wired.get(wired.instance())["shieldedInstanceConfig"]) == {
        "enableSecureBoot",
        "enableVtpm",
        "enableIntegrityMonitoring",
    }


def test_fingerprints_are_base64(wired):
    """gcloud decodes fingerprints, and crashes on any other text."""
    instance = wired.get(wired.instance())
    for part in (instance["metadata"], instance["tags"], instance["networkInterfaces"][0]):
        assert base64.urlsafe_b64decode(part["fingerprint"])


def test_external_ip_is_read_back(wired):
    nic = wired.nic(accessConfigs=[{"type": "ONE_TO_ONE_NAT"}])
    config = wired.get(wired.instance(networkInterfaces=nic))["networkInterfaces"][0][
        "accessConfigs"
    ][0]
    assert config["natIP"].startswith("203.0.113.")
    assert (config["name"], config["networkTier"]) == ("External NAT", "PREMIUM")


def test_instance_without_access_config_has_no_external_ip(wired):
    assert "accessConfigs" not in wired.get(wired.instance())["networkInterfaces"][0]


def test_ip_in_use_fails_in_the_operation(wired):
    nic = wired.nic(networkIP="10.0.3.15")
    wired.instance("first", networkInterfaces=nic)
    body = wired.instance_body("second", networkInterfaces=nic)
    error = wired.failed("POST", f"{wired.zone}/instances", body)
    assert error == {
        "code": "IP_IN_USE_BY_ANOTHER_RESOURCE",
        "message": "IP '10.0.3.15' is already being used by another resource.",
    }


def test_automatic_ip_avoids_reserved_ones(wired):
    wired.internal("a", "10.0.3.2")
    assert wired.get(wired.instance())["networkInterfaces"][0]["networkIP"] == "10.0.3.3"


def test_external_ip_that_is_not_reserved_is_refused(wired):
    nic = wired.nic(accessConfigs=[{"natIP": "203.0.113.77"}])
    assert "was not found in region 'us-east4'" in refusal(wired, networkInterfaces=nic).message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param(
            {"machineType": "zones/us-east4-a/machineTypes/n2-standard-3"},
            "Machine type with name 'n2-standard-3' does not exist in zone 'us-east4-a'.",
            id="machine type",
        ),
        pytest.param(
            {"machineType": "zones/us-east4-b/machineTypes/n2-standard-2"},
            "must be in the zone 'us-east4-a'",
            id="machine type of another zone",
        ),
        pytest.param(
            {"minCpuPlatform": "Intel 486"}, "does not exist in zone", id="unknown platform"
        ),
        pytest.param(
            {"minCpuPlatform": "AMD Rome"}, "not compatible with CPU platform", id="platform"
        ),
        pytest.param(
            {
                "machineType": "zones/us-east4-a/machineTypes/e2-standard-2",
                "advancedMachineFeatures": {"enableNestedVirtualization": True},
            },
            "Nested virtualization is not supported for machine type e2-standard-2.",
            id="nesting",
        ),
        pytest.param({"disks": []}, "No disks were specified", id="no disk"),
        pytest.param({"networkInterfaces": []}, "network interface is required", id="no nic"),
        pytest.param(
            {"scheduling": {"preemptible": True, "automaticRestart": True}},
            "Scheduling must have preemptible be false when AutomaticRestart is true.",
            id="spot that restarts",
        ),
        pytest.param({"tags": {"items": ["Bad_Tag"]}}, "tags.items[0]", id="tag"),
        pytest.param({"name": "9lives"}, "Must be a match of regex", id="name"),
    ],
)
def test_malformed_instance_is_refused(wired, fields, message):
    assert message in refusal(wired, **fields).message
    assert len(wired.api.inventory(wired.project)) == 2


def disk(**parameters):
    return [{"boot": True, "initializeParams": parameters}]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"sourceImage": "projects/ubuntu-os-cloud/global/images/family/ubuntu-1004"},
            "The referenced image resource cannot be found.",
        ),
        (
            {
                "sourceImage": "projects/debian-cloud/global/images/family/debian-12",
                "diskSizeGb": "5",
            },
            "Requested disk size cannot be smaller than the image size (10 GB)",
        ),
        (
            {
                "sourceImage": "projects/debian-cloud/global/images/family/debian-12",
                "diskType": "zones/us-east4-a/diskTypes/floppy",
            },
            "diskType resource cannot be found",
        ),
    ],
)
def test_malformed_boot_disk_is_refused(wired, parameters, message):
    assert message in refusal(wired, disks=disk(**parameters)).message


def test_missing_subnetwork_is_refused_as_invalid(client):
    answer = refusal(client)
    assert (answer.code, answer.reason) == (400, "invalid")
    assert "The referenced subnetwork resource cannot be found." in answer.message


def test_network_in_custom_mode_needs_a_subnetwork(wired):
    nic = [{"network": "global/networks/net"}]
    assert "custom subnet mode" in refusal(wired, networkInterfaces=nic).message


def test_subnetwork_of_another_network_is_refused(wired):
    wired.network("second")
    nic = wired.nic(network="global/networks/second")
    assert 'is not valid for Network "second"' in refusal(wired, networkInterfaces=nic).message


@pytest.mark.parametrize("ip", ["10.0.3.1", "10.0.3.254", "10.0.9.9"])
def test_ip_that_the_subnetwork_cannot_give_is_refused(wired, ip):
    assert f"'{ip}'" in refusal(wired, networkInterfaces=wired.nic(networkIP=ip)).message


def metadata(**items):
    return {"items": [{"key": key, "value": value} for key, value in items.items()]}


@pytest.mark.parametrize("hostname", ["controller.devstack", f"{'a' * 63}.b-2.internal"])
def test_custom_host_name_is_kept(wired, hostname):
    assert wired.get(wired.instance(hostname=hostname))["hostname"] == hostname


@pytest.mark.parametrize(
    "hostname",
    [
        *("controller", "Controller.devstack", "1st.devstack", "a..b", ".a.b", "a.b.", "a.b-"),
        *("a_b.c", "a.b\n", f"{'a' * 64}.b", ".".join(["a" * 60] * 5)),
    ],
)
def test_host_name_that_is_no_domain_name_is_refused(wired, hostname):
    answer = refusal(wired, hostname=hostname)
    assert (answer.code, answer.reason) == (400, "invalid")
    assert answer.message == (
        f"Invalid value for field 'resource.hostname': '{hostname}'. Instance hostname is not a"
        " valid fully qualified domain name"
    )


def test_largest_metadata_value_is_accepted(wired):
    path = wired.instance(metadata=metadata(user_data="x" * 262_144))
    assert len(wired.get(path)["metadata"]["items"][0]["value"]) == 262_144


def test_larger_metadata_value_is_refused(wired):
    answer = refusal(wired, metadata=metadata(user_data="x" * 262_145))
    assert (answer.code, answer.reason) == (413, "fieldSizeTooLarge")
    assert answer.message == (
        "Value for field 'resource.metadata.items[0].value' is too large: maximum size 262144"
        " character(s); actual size 262145."
    )


def test_size_of_metadata_is_counted_in_bytes(wired):
    assert refusal(wired, metadata=metadata(user_data="é" * 131_073)).code == 413


def test_metadata_is_limited_as_a_whole(wired):
    halves = metadata(a="x" * 262_144, b="x" * 262_144)
    assert "'resource.metadata'" in refusal(wired, metadata=halves).message


def test_spot_instance_has_the_services_scheduling(wired):
    path = wired.instance(scheduling={"provisioningModel": "SPOT"})
    assert wired.get(path)["scheduling"] == {
        "onHostMaintenance": "TERMINATE",
        "automaticRestart": False,
        "preemptible": True,
        "provisioningModel": "SPOT",
        "instanceTerminationAction": "STOP",
    }


def test_boot_disk_goes_with_its_instance(wired):
    wired.done("DELETE", wired.instance())
    assert wired.refused("GET", f"{wired.zone}/disks/vm").code == 404


def test_boot_disk_can_outlive_its_instance(wired):
    body = wired.instance_body()
    body["disks"][0]["autoDelete"] = False
    path = wired.instance(disks=body["disks"])
    assert wired.refused("DELETE", f"{wired.zone}/disks/vm").reason == (
        "resourceInUseByAnotherResource"
    )
    wired.done("DELETE", path)
    wired.done("DELETE", f"{wired.zone}/disks/vm")


def test_disk_that_is_left_over_takes_the_name(wired):
    wired.done("POST", f"{wired.zone}/disks", {"name": "vm", "sizeGb": "10"})
    assert refusal(wired).reason == "alreadyExists"


def test_protected_instance_is_not_deleted(wired):
    path = wired.instance(deletionProtection=True)
    assert "protected against deletion" in wired.refused("DELETE", path).message
    wired.done("POST", f"{path}/setDeletionProtection?deletionProtection=false")
    wired.done("DELETE", path)


def test_what_the_double_lacks_is_refused_not_dropped(wired):
    accelerators = [{"acceleratorCount": 1, "acceleratorType": "x"}]
    assert refusal(wired, guestAccelerators=accelerators).code == 501


def test_serial_port_output_is_read_from_where_the_client_left_off(wired):
    path = wired.instance()
    wired.api.write_serial_output(path, "one\n")
    first = wired.get(f"{path}/serialPort")
    wired.api.write_serial_output(path, "two\n")
    second = wired.get(f"{path}/serialPort?start={first['next']}")
    assert (first["contents"], second["contents"]) == ("one\n", "two\n")
