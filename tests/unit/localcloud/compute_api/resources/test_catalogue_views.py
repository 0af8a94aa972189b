"""Catalogue views: machine types, zones and regions, which clients can only read."""


def test_machine_type_tells_its_cpus(client):
    machine = client.get(f"{client.zone}/machineTypes/n2-standard-16")
    assert (machine["guestCpus"], machine["memoryMb"]) == (16, 65536)


def test_zone_tells_its_region(client):
    region = client.get(client.zone)["region"]
    assert region.endswith(f"{client.project}/regions/us-east4")


def test_region_tells_its_zones(client):
    zones = [link.rsplit("/", 1)[1] for link in client.get(client.region)["zones"]]
    assert zones == ["us-east4-a", "us-east4-b", "us-east4-c"]


def test_unknown_zone_is_not_found(client):
    assert client.refused("GET", f"{client.base}/zones/mars-north1-a").code == 404
