"""Google-cloud-compute: the API gives Google's own client library the answers that it expects."""

import pytest
from google.api_core import exceptions
from google.cloud import compute_v1

from tests.contract.work import REGION, ZONE, OperationFailedError, instance_body


def test_network_is_as_asked_for(work):
    network = work.network()
    assert (network.mtu, network.auto_create_subnetworks) == (1460, False)
    assert network.self_link.startswith("https://www.googleapis.com/compute/v1/projects/")


def test_second_network_of_the_name_is_a_conflict(work):
    work.network()
    body = compute_v1.Network(name=work.cloud.prefix, auto_create_subnetworks=False)
    with pytest.raises(exceptions.Conflict, match="already exists"):
        work.networks.insert_unary(project=work.cloud.project, network_resource=body)


def test_missing_network_is_not_found(work):
    with pytest.raises(exceptions.NotFound, match="was not found"):
        work.networks.get(project=work.cloud.project, network="there-is-none")


def test_overlapping_subnetwork_is_refused(work):
    network = work.network()
    work.subnetwork(network)
    body = compute_v1.Subnetwork(
        name=f"{work.cloud.prefix}-b", network=network.self_link, ip_cidr_range="10.0.3.128/25"
    )
    with pytest.raises(exceptions.BadRequest, match="conflicts with existing subnetwork"):
        work.subnetworks.insert_unary(
            project=work.cloud.project, region=REGION, subnetwork_resource=body
        )


def test_subnetwork_in_use_is_not_deleted(work):
    subnetwork = work.subnetwork(work.network())
    fields = {"address_type": "INTERNAL", "subnetwork": subnetwork.self_link}
    work.address("fixed", address="10.0.3.15", **fields)
    with pytest.raises(exceptions.BadRequest, match="is already being used by"):
        work.subnetworks.delete_unary(
            project=work.cloud.project, region=REGION, subnetwork=subnetwork.name
        )


def test_network_in_use_fails_to_be_deleted_in_the_operation(work):
    network = work.network()
    work.subnetwork(network)
    operation = work.networks.delete_unary(project=work.cloud.project, network=network.name)
    with pytest.raises(OperationFailedError, match=r"IN_USE.*is already being used by"):
        work.wait(operation)


def test_nat_is_a_patch_of_its_router(work):
    network = work.network()
    name = work.cloud.prefix
    body = compute_v1.Router(name=name, network=network.self_link)
    work.make(work.routers, name, region=REGION, router_resource=body)
    nat = compute_v1.RouterNat(
        name="nat",
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
    )
    where = {"project": work.cloud.project, "region": REGION, "router": name}
    work.wait(work.routers.patch_unary(router_resource=compute_v1.Router(nats=[nat]), **where))
    (found,) = work.routers.get(**where).nats
    assert (found.name, found.type_) == ("nat", "PUBLIC")


def test_firewall_rule_has_the_services_defaults(work):
    network = work.network()
    name = work.cloud.prefix
    allowed = compute_v1.Allowed(I_p_protocol="tcp", ports=["22"])
    body = compute_v1.Firewall(name=name, network=network.self_link, allowed=[allowed])
    rule = work.make(work.firewalls, name, firewall_resource=body)
    assert (rule.priority, rule.direction) == (1000, "INGRESS")
    assert list(rule.source_ranges) == ["0.0.0.0/0"]


def test_instance_has_its_addresses_and_holds_them(work):
    """The whole life of a node: addresses, boot disk, a changed label, deletion."""
    subnetwork = work.subnetwork(work.network())
    fields = {"address_type": "INTERNAL", "subnetwork": subnetwork.self_link}
    fixed = work.address("fixed", address="10.0.3.15", **fields)
    public = work.address("public")
    name = work.cloud.prefix
    config = compute_v1.AccessConfig(type_="ONE_TO_ONE_NAT", nat_i_p=public.address)
    body = instance_body(work, subnetwork, name, network_i_p="10.0.3.15", access_configs=[config])
    instance = work.make(work.instances, name, zone=ZONE, instance_resource=body)
    (nic,) = instance.network_interfaces
    assert (nic.network_i_p, nic.access_configs[0].nat_i_p) == (fixed.address, public.address)
    assert instance.status == "RUNNING"
    where = {"project": work.cloud.project, "zone": ZONE}
    disk = work.cloud.client(compute_v1.DisksClient).get(disk=name, **where)
    assert "/projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v" in disk.source_image
    held = work.addresses.get(project=work.cloud.project, region=REGION, address=fixed.name)
    assert (held.status, list(held.users)) == ("IN_USE", [instance.self_link])
    change = compute_v1.InstancesSetLabelsRequest(
        labels={"owner": "new"}, label_fingerprint=instance.label_fingerprint
    )
    request = {"instance": name, "instances_set_labels_request_resource": change} | where
    work.wait(work.instances.set_labels_unary(**request))
    with pytest.raises(exceptions.PreconditionFailed, match="Labels fingerprint"):
        work.instances.set_labels_unary(**request)
    assert work.instances.get(instance=name, **where).labels == {"owner": "new"}


def test_address_in_use_fails_the_second_instance(work):
    subnetwork = work.subnetwork(work.network())
    first = f"{work.cloud.prefix}-1"
    body = instance_body(work, subnetwork, first, network_i_p="10.0.3.15")
    work.make(work.instances, first, zone=ZONE, instance_resource=body)
    body = instance_body(work, subnetwork, f"{work.cloud.prefix}-2", network_i_p="10.0.3.15")
    operation = work.instances.insert_unary(
        project=work.cloud.project, zone=ZONE, instance_resource=body
    )
    with pytest.raises(OperationFailedError, match=r"IP_IN_USE.*'10\.0\.3\.15' is already being"):
        work.wait(operation)


def test_instances_are_found_by_label_in_all_zones(work):
    """Cleanup searches this way when there is no state."""
    subnetwork = work.subnetwork(work.network())
    name = work.cloud.prefix
    body = instance_body(work, subnetwork, name)
    work.make(work.instances, name, zone=ZONE, instance_resource=body)
    request = compute_v1.AggregatedListInstancesRequest(
        project=work.cloud.project, filter=f"labels.owner={name}"
    )
    found = [
        (scope, instance.name)
        for scope, listed in work.instances.aggregated_list(request=request)
        for instance in listed.instances
    ]
    assert found == [(f"zones/{ZONE}", name)]


def test_family_is_resolved_to_an_image(work):
    images = work.cloud.client(compute_v1.ImagesClient)
    image = images.get_from_family(project="debian-cloud", family="debian-12")
    assert image.name.startswith("debian-12-bookworm-v")
    assert image.status == "READY"


def test_disk_of_a_stopped_instance_becomes_an_image(work):
    """The whole life of an image: refusal, creation, search, an instance from it, deletion."""
    subnetwork = work.subnetwork(work.network())
    name = work.cloud.prefix
    body = instance_body(work, subnetwork, name)
    work.make(work.instances, name, zone=ZONE, instance_resource=body)
    images = work.cloud.client(compute_v1.ImagesClient)
    body = compute_v1.Image(
        name=name,
        family=f"{name}-node",
        description="made from a disk",
        labels={"owner": name},
        source_disk=f"projects/{work.cloud.project}/zones/{ZONE}/disks/{name}",
    )
    with pytest.raises(exceptions.BadRequest, match="is already being used by"):
        images.insert_unary(project=work.cloud.project, image_resource=body)
    work.wait(work.instances.stop_unary(project=work.cloud.project, zone=ZONE, instance=name))
    image = work.make(images, name, image_resource=body)
    assert (image.status, image.description, image.labels) == (
        "READY",
        "made from a disk",
        {"owner": name},
    )
    request = compute_v1.ListImagesRequest(
        project=work.cloud.project,
        filter=f"labels.owner={name}",
        order_by="creationTimestamp desc",
    )
    assert [found.name for found in images.list(request=request)] == [name]
    second = f"{name}-2"
    body = instance_body(work, subnetwork, second)
    body.hostname = "second.contract.test"
    family = f"projects/{work.cloud.project}/global/images/family/{image.family}"
    body.disks[0].initialize_params.source_image = family
    instance = work.make(work.instances, second, zone=ZONE, instance_resource=body)
    assert (instance.status, instance.hostname) == ("RUNNING", "second.contract.test")
    disks = work.cloud.client(compute_v1.DisksClient)
    disk = disks.get(project=work.cloud.project, zone=ZONE, disk=second)
    assert (disk.source_image, disk.source_image_id) == (image.self_link, str(image.id))
    work.wait(images.delete_unary(project=work.cloud.project, image=name))
    with pytest.raises(exceptions.NotFound, match="was not found"):
        images.get(project=work.cloud.project, image=name)


def test_host_name_of_one_label_is_refused(work):
    subnetwork = work.subnetwork(work.network())
    body = instance_body(work, subnetwork, work.cloud.prefix)
    body.hostname = "controller"
    with pytest.raises(exceptions.BadRequest, match="not a valid fully qualified domain name"):
        work.instances.insert_unary(project=work.cloud.project, zone=ZONE, instance_resource=body)


def test_unknown_machine_type_is_refused(work):
    subnetwork = work.subnetwork(work.network())
    body = instance_body(work, subnetwork, work.cloud.prefix)
    body.machine_type = f"zones/{ZONE}/machineTypes/n2-standard-3"
    with pytest.raises(exceptions.BadRequest, match="n2-standard-3"):
        work.instances.insert_unary(project=work.cloud.project, zone=ZONE, instance_resource=body)
