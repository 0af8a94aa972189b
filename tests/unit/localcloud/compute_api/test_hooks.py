"""Hooks: code that boots machines is notified of instances."""


def test_deletion_is_announced(wired):
    seen = []
    wired.api.on_instance_deleted(lambda view: seen.append(view.name))
    wired.done("DELETE", wired.instance())
    wired.api.cloud.hooks.drain()
    assert seen == ["vm"]


def test_removal_behind_our_back_is_announced(wired):
    seen = []
    wired.api.on_instance_deleted(lambda view: seen.append(view.name))
    wired.api.remove(wired.instance())
    wired.api.cloud.hooks.drain()
    assert seen == ["vm"]
    assert wired.refused("GET", f"{wired.zone}/disks/vm").code == 404


def test_broken_callback_does_not_stop_the_others(wired, capsys):
    seen = []
    wired.api.on_instance_running(lambda _: 1 / 0)
    wired.api.on_instance_running(lambda view: seen.append(view.name))
    wired.instance()
    wired.api.cloud.hooks.drain()
    assert seen == ["vm"]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_instance_that_failed_is_not_announced(wired):
    seen = []
    wired.api.on_instance_running(lambda view: seen.append(view.name))
    nic = wired.nic(networkIP="10.0.3.15")
    wired.instance("first", networkInterfaces=nic)
    wired.failed(
        "POST", f"{wired.zone}/instances", wired.instance_body("second", networkInterfaces=nic)
    )
    wired.api.cloud.hooks.drain()
    assert seen == ["first"]
