"""Hooks: code that boots machines is notified of instances and of images from their disks."""

import pytest

from localcloud.compute_api.faults import Fault


@pytest.fixture
def events(wired):
    """All events so far, as pairs of an event's name and its arguments."""
    seen = []

    def note(event):
        return lambda *views: seen.append((event, *views))

    wired.api.on_instance_running(note("running"))
    wired.api.on_instance_stopped(note("stopped"))
    wired.api.on_instance_deleted(note("deleted"))
    wired.api.on_image_created(note("image created"))
    wired.api.on_image_deleted(note("image deleted"))

    def drained():
        wired.api.cloud.hooks.drain()
        return seen

    return drained


def names(events):
    return [event for event, *_ in events()]


def insert_image(client, name="baked", disk="vm", **query):
    words = "&".join(f"{key}={value}" for key, value in query.items())
    body = {"name": name, "sourceDisk": f"{client.zone}/disks/{disk}"}
    return client.call("POST", f"{client.base}/global/images?{words}", body)


def test_deletion_is_announced(wired, events):
    wired.done("DELETE", wired.instance())
    assert names(events) == ["running", "deleted"]


def test_stop_is_no_deletion(wired, events):
    """The machine has to keep its files until the instance is deleted."""
    path = wired.instance()
    wired.done("POST", f"{path}/stop")
    wired.done("POST", f"{path}/stop")
    wired.done("POST", f"{path}/start")
    wired.done("POST", f"{path}/stop")
    wired.done("DELETE", path)
    assert names(events) == ["running", "stopped", "running", "stopped", "deleted"]


def test_removal_behind_our_back_is_announced(wired, events):
    wired.api.remove(wired.instance())
    assert names(events) == ["running", "deleted"]
    assert wired.refused("GET", f"{wired.zone}/disks/vm").code == 404


def test_broken_callback_does_not_stop_the_others(wired, capsys):
    seen = []
    wired.api.on_instance_running(lambda _: 1 / 0)
    wired.api.on_instance_running(lambda view: seen.append(view.name))
    wired.instance()
    wired.api.cloud.hooks.drain()
    assert seen == ["vm"]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_instance_that_failed_is_not_announced(wired, events):
    nic = wired.nic(networkIP="10.0.3.15")
    wired.instance("first", networkInterfaces=nic)
    wired.failed(
        "POST", f"{wired.zone}/instances", wired.instance_body("second", networkInterfaces=nic)
    )
    assert [view.name for _, view in events()] == ["first"]


def test_machine_gets_the_custom_host_name(wired, events):
    wired.instance("first")
    wired.instance("second", hostname="controller.devstack")
    assert [view.hostname for _, view in events()] == ["first", "controller.devstack"]


def test_machine_gets_the_image_of_its_boot_disk(wired, events):
    """The path alone would also name a newer image."""
    path = wired.instance()
    wired.done("DELETE", path)
    disk = wired.get("projects/ubuntu-os-cloud/global/images/ubuntu-2404-noble-amd64-v20260115")
    for _, view in events():
        assert view.image.path.endswith("/images/ubuntu-2404-noble-amd64-v20260115")
        assert view.image.id == disk["id"]


def test_machine_of_an_attached_disk_gets_the_disks_image(wired, events):
    image = "projects/debian-cloud/global/images/debian-12-bookworm-v20260114"
    wired.done("POST", f"{wired.zone}/disks", {"name": "own", "sourceImage": image})
    wired.done("POST", f"{wired.zone}/disks", {"name": "empty"})
    for disk in ("own", "empty"):
        source = {"boot": True, "autoDelete": True, "source": f"{wired.zone}/disks/{disk}"}
        wired.instance(disk, disks=[source])
    (_, own), (_, empty) = events()
    assert own.image.path == image
    assert empty.image is None


def test_image_is_announced_between_the_stop_and_the_next_start_of_its_source(wired, events):
    """The files are captured in this order, however long the operations take."""
    path = wired.instance()
    wired.done("POST", f"{path}/stop")
    wired.api.set_latency({"image": 3600.0})
    insert_image(wired)
    wired.done("POST", f"{path}/start")
    baked = wired.get(f"{wired.base}/global/images/baked")
    assert names(events) == ["running", "stopped", "image created", "running"]
    _, image, source = events()[2]
    assert (image.path, image.id) == (f"{wired.base}/global/images/baked", baked["id"])
    assert source.name == "vm"


def test_image_of_a_disk_that_boots_nothing_has_no_source(wired, events):
    wired.done("POST", f"{wired.zone}/disks", {"name": "data"})
    body = wired.instance_body()
    body["disks"].append({"source": f"{wired.zone}/disks/data"})
    wired.done("POST", f"{wired.instance(disks=body['disks'])}/stop")
    insert_image(wired, disk="data")
    assert events()[-1][2] is None


def test_image_whose_operation_fails_is_not_announced(wired, events):
    wired.done("POST", f"{wired.instance()}/stop")
    wired.api.add_fault(Fault(method="images.insert", kind="operation_error"))
    insert_image(wired)
    wired.clock.advance(3600)
    assert wired.refused("GET", f"{wired.base}/global/images/baked").code == 404
    assert names(events) == ["running", "stopped"]


def test_deleted_image_is_announced_once_it_is_gone(wired, events):
    wired.done("POST", f"{wired.instance()}/stop")
    insert_image(wired)
    path = f"{wired.base}/global/images/baked"
    wired.clock.advance(3600)
    wired.api.add_fault(Fault(method="images.delete", kind="operation_error"))
    wired.failed("DELETE", path)
    assert names(events)[-1] == "image created"
    wired.done("DELETE", path)
    assert names(events)[-1] == "image deleted"


def test_image_that_is_removed_while_it_is_pending_is_announced(wired, events):
    wired.done("POST", f"{wired.instance()}/stop")
    insert_image(wired)
    wired.api.remove(f"{wired.base}/global/images/baked")
    wired.clock.advance(3600)
    assert names(events)[-2:] == ["image created", "image deleted"]
    assert "items" not in wired.get(f"{wired.base}/global/images")
