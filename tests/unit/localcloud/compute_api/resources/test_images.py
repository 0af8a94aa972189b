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


@pytest.fixture
def stopped(wired):
    """A project with the disk of a stopped instance."""
    wired.done("POST", f"{wired.instance()}/stop")
    return wired


def body_of(client, name="baked", **fields):
    return {"name": name, "sourceDisk": f"{client.zone}/disks/vm"} | fields


def insert(client, name="baked", **fields):
    client.done("POST", f"{client.base}/global/images", body_of(client, name, **fields))
    return f"{client.base}/global/images/{name}"


def refusal(client, **fields):
    return client.refused("POST", f"{client.base}/global/images", body_of(client, **fields))


def boot_from(client, image, name="second"):
    disk = {"boot": True, "autoDelete": True, "initializeParams": {"sourceImage": image}}
    return client.instance(name, disks=[disk])


@pytest.mark.parametrize("change", ["stop", "start"])
def test_disk_of_an_instance_between_two_states_is_not_made_an_image(stopped, change):
    """A machine writes to its disk while it shuts down."""
    path = f"{stopped.zone}/instances/vm"
    if change == "stop":
        stopped.done("POST", f"{path}/start")
    stopped.api.set_latency({"instance": 60.0})
    stopped.call("POST", f"{path}/{change}")
    assert refusal(stopped).reason == "resourceInUseByAnotherResource"


def test_client_may_accept_an_inconsistent_image(wired):
    wired.instance()
    wired.done("POST", f"{wired.base}/global/images?forceCreate=true", body_of(wired))
    assert wired.get(f"{wired.base}/global/images/baked")["status"] == "READY"


def test_image_has_what_it_was_created_with(stopped):
    fields = {"family": "node", "description": "d" * 2048, "labels": {"key": "1f", "made": "now"}}
    image = stopped.get(insert(stopped, **fields))
    assert {name: image[name] for name in fields} == fields
    assert image["sourceDisk"].endswith("/disks/vm")
    assert image["labelFingerprint"]


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"description": "d" * 2049}, 413, "maximum size 2048 character(s); actual size 2049"),
        ({"labels": {"Key": "x"}}, 400, "Label keys must match"),
        ({"family": "Node"}, 400, "'resource.family': 'Node'"),
        ({"sourceDisk": ""}, 400, "'resource.sourceDisk' not specified"),
        ({"sourceDisk": "vm"}, 400, "The URL is malformed."),
        ({"sourceDisk": "zones/us-east4-a/disks/none"}, 404, "/disks/none' was not found"),
        ({"sourceImage": "global/images/other"}, 501, "An image with sourceImage"),
        ({"sourceSnapshot": "global/snapshots/s"}, 501, "An image with sourceSnapshot"),
        ({"rawDisk": {"source": "https://storage"}}, 501, "An image with rawDisk"),
        ({"storageLocations": ["us-east4"]}, 501, "An image with storageLocations"),
    ],
)
def test_bad_image_is_refused(stopped, fields, code, text):
    answer = refusal(stopped, **fields)
    assert answer.code == code
    assert text in answer.message
    assert "items" not in stopped.get(f"{stopped.base}/global/images")


def test_name_of_an_image_is_taken_while_it_exists(stopped):
    insert(stopped)
    assert refusal(stopped).reason == "alreadyExists"


def test_pending_image_is_not_yet_its_familys_newest(stopped):
    """A stack that starts meanwhile gets the older image, not half of the new one."""
    first = insert(stopped, "first", family="node")
    stopped.api.set_latency({"image": 60.0})
    path = f"{stopped.base}/global/images"
    stopped.call("POST", path, body_of(stopped, "second", family="node"))
    assert stopped.get(f"{path}/second")["status"] == "PENDING"
    assert stopped.get(f"{path}/family/node")["name"] == "first"
    assert stopped.refused("DELETE", f"{path}/second").reason == "resourceNotReady"
    stopped.clock.advance(60)
    assert stopped.get(f"{path}/family/node")["name"] == "second"
    stopped.done("DELETE", f"{path}/second")
    assert stopped.get(f"{path}/family/node")["name"] == first.rpartition("/")[2]


@pytest.fixture
def three(stopped):
    """A project with three images, made one after another."""
    for name, release in (("b", "2026.1"), ("c", "2025.2"), ("a", "2026.1")):
        labels = {"release": release.replace(".", "-"), "made-by": "bake"}
        insert(stopped, name, family=f"node-{name}", labels=labels)
    return stopped


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["a", "b", "c"]),
        ("filter=labels.release%3D2026-1", ["a", "b"]),
        ("filter=labels.release:2026-1", ["a", "b"]),
        ("filter=labels.made-by:*", ["a", "b", "c"]),
        ("filter=family%3Dnode-c", ["c"]),
        ("filter=status%3DREADY&orderBy=creationTimestamp+desc", ["a", "c", "b"]),
        ("filter=labels.release%3D2026-1&orderBy=creationTimestamp+desc&maxResults=1", ["a"]),
        ("filter=status%3DPENDING", []),
    ],
)
def test_images_are_found_by_label_status_and_family(three, query, names):
    found = three.get(f"{three.base}/global/images?{query}").get("items", [])
    assert [image["name"] for image in found] == names


@pytest.fixture
def other(stopped):
    """A client of another project on the same double, with a network and a subnetwork."""
    made = type(stopped)(stopped.api, stopped.clock)
    made.network()
    made.subnetwork()
    return made


@pytest.mark.parametrize("reference", ["baked", "family/node"])
def test_instance_boots_from_an_image_of_another_project(stopped, other, reference):
    """Boskos leases many projects, and the images are in one."""
    insert(stopped, family="node")
    boot_from(other, f"{stopped.base}/global/images/{reference}")
    source = other.get(f"{other.zone}/disks/second")["sourceImage"]
    assert source.endswith(f"{stopped.base}/global/images/baked")


def test_images_of_a_project_that_may_not_be_read_cannot_be_used(stopped, other):
    image = insert(stopped, family="node")
    stopped.api.refuse_project(stopped.project, 403)
    assert other.refused("GET", f"{stopped.base}/global/images").code == 403
    disk = {"boot": True, "initializeParams": {"sourceImage": image}}
    body = other.instance_body(disks=[disk])
    answer = other.refused("POST", f"{other.zone}/instances", body)
    assert (answer.code, answer.message) == (
        403,
        f"Required 'compute.images.useReadOnly' permission for '{image}'",
    )


def test_image_can_be_deleted_while_an_instance_of_it_runs(stopped):
    """A disk is a copy."""
    image = insert(stopped)
    instance = boot_from(stopped, image)
    stopped.done("DELETE", image)
    stopped.done("POST", f"{instance}/stop")
    stopped.done("POST", f"{instance}/start")
    disk = {"boot": True, "initializeParams": {"sourceImage": image}}
    again = stopped.instance_body("third", disks=[disk])
    answer = stopped.refused("POST", f"{stopped.zone}/instances", again)
    assert "The referenced image resource cannot be found." in answer.message


def test_images_are_in_the_inventory(stopped):
    """Leftovers are found there."""
    path = insert(stopped, labels={"made-by": "bake"})
    entry = {"path": path, "state": "ready", "labels": {"made-by": "bake"}}
    assert entry in stopped.api.inventory(stopped.project)
    stopped.done("DELETE", path)
    assert path not in [found["path"] for found in stopped.api.inventory()]
