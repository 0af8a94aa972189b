"""Interfaces: container bridges are admitted, uplinks are not."""

import pytest

from job.network.tunnel import interfaces


@pytest.mark.parametrize(
    ("routes", "admitted"),
    [
        ("eth0 00000000 0100000A", ["br-kind", "docker0"]),
        ("docker0 00000000 0100000A", ["br-kind"]),
        ("docker0 0000000A 00000000", ["br-kind", "docker0"]),
        ("", ["br-kind", "docker0"]),
    ],
    ids=["uplink", "uplink-is-a-bridge", "bridge-has-a-route", "no-route"],
)
def test_a_bridge_with_a_default_route_is_not_admitted(monkeypatch, tmp_path, routes, admitted):
    (tmp_path / "route").write_text(f"Iface Destination Gateway\n{routes}")
    monkeypatch.setattr(interfaces, "_ROUTES", tmp_path / "route")
    monkeypatch.setattr(interfaces, "_bridges", lambda: ["docker0", "br-kind"])
    assert interfaces.container_bridges() == admitted
