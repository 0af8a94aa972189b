"""Images: families whose newest image changes, and a project's own images."""

import pytest

FAMILY = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"


@pytest.mark.parametrize(
    ("project", "family"),
    [
        ("ubuntu-os-cloud", "ubuntu-2204-lts"),
        ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64"),
        ("debian-cloud", "debian-12"),
        ("debian-cloud", "debian-13"),
        ("centos-cloud", "centos-stream-9"),
    ],
)
def test_public_family_exists(client, project, family):
    assert client.get(f"projects/{project}/global/images/family/{family}")["family"] == family


def test_published_image_moves_its_family(client):
    before = client.get(FAMILY)["name"]
    name = "ubuntu-2404-noble-amd64-v20260601"
    client.api.publish_image("ubuntu-os-cloud", "ubuntu-2404-lts-amd64", name)
    assert client.get(FAMILY)["name"] == name
    assert client.get(f"projects/ubuntu-os-cloud/global/images/{before}")["status"] == "READY"


def test_unknown_family_is_not_found(client):
    path = "projects/ubuntu-os-cloud/global/images/family/ubuntu-1004"
    assert client.refused("GET", path).message == f"The resource '{path}' was not found"


def test_name_of_a_family_is_no_image(client):
    """The provider tries a name as an image first, then as a family."""
    path = "projects/ubuntu-os-cloud/global/images/ubuntu-2404-lts-amd64"
    assert client.refused("GET", path).code == 404


def test_image_of_a_stopped_instance_boots_another(wired):
    instance = wired.instance()
    wired.done("POST", f"{instance}/stop")
    body = {"name": "baked", "family": "node", "sourceDisk": f"{wired.zone}/disks/vm"}
    wired.done("POST", f"{wired.base}/global/images", body)
    disk = {"boot": True, "initializeParams": {"sourceImage": "global/images/family/node"}}
    wired.instance("second", disks=[disk])
    assert wired.get(f"{wired.zone}/disks/second")["sourceImage"].endswith("/images/baked")


def test_disk_of_a_running_instance_is_not_made_an_image(wired):
    wired.instance()
    body = {"name": "baked", "sourceDisk": f"{wired.zone}/disks/vm"}
    refusal = wired.refused("POST", f"{wired.base}/global/images", body)
    assert refusal.reason == "resourceInUseByAnotherResource"
