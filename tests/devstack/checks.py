"""Checks of a finished cloud from outside both nodes, with its clouds.yaml.

Servers in both AZs and without an AZ, each with a floating address that answers. With --again the
same servers are started and asked again, as after a reboot of the nodes.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from openstack.connection import Connection

from host.folders import cache_dir
from stacks.clouds_yaml import ADMIN_CLOUD
from tests.devstack.connection import connect
from tests.devstack.guest.build import build
from tests.devstack.guest.upload import upload

_NAME = "checks"
_SUBNET = "10.1.8.0/24"
_SERVER_S = 900
_PING_S = 600
"""Without KVM, a server boots slowly."""
_POLL_S = 5.0


def main() -> int:
    """Run all checks and print what was found as JSON. An AssertionError says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.devstack.checks", description=__doc__)
    parser.add_argument("--clouds", type=Path, required=True, help="the stack's clouds.yaml")
    parser.add_argument("--zones", nargs=2, required=True, help="the first and the second AZ")
    parser.add_argument("--again", action="store_true", help="ask the servers that are there")
    given = parser.parse_args()
    cloud = connect(given.clouds, ADMIN_CLOUD)
    zones = _zones(cloud)
    assert all(names == sorted(given.zones) for names in zones.values()), zones
    if not given.again:
        _make_servers(cloud, *given.zones)
    found = {name: _ask(cloud, name) for name in _zone_of(*given.zones)}
    for name, zone in _zone_of(*given.zones).items():
        assert found[name]["zone"] == (zone or given.zones[0]), found
    print(json.dumps({"zones": zones, "servers": found}))
    return 0


def _zone_of(first: str, second: str) -> dict[str, str | None]:
    """Return the AZ that each server asks for. A server that asks for none gets the first one."""
    return {"first": first, "second": second, "anywhere": None}


def _zones(cloud: Connection) -> dict[str, list[str]]:
    """Return the available zones, without Nova's `internal`."""
    services = {"compute": cloud.compute, "volume": cloud.block_storage}
    return {
        kind: sorted(
            {
                zone.name
                for zone in service.availability_zones()
                if zone.state["available"] and zone.name != "internal"
            }
        )
        for kind, service in services.items()
    }


def _make_servers(cloud: Connection, first: str, second: str) -> None:
    image = upload(cloud, build(cache_dir(os.environ)), _NAME)
    network = cloud.network.create_network(name=_NAME)
    subnet = cloud.network.create_subnet(
        network_id=network.id, cidr=_SUBNET, ip_version=4, name=_NAME
    )
    external = cloud.network.find_network("public", ignore_missing=False)
    gateway = {"network_id": external.id}
    router = cloud.network.create_router(name=_NAME, external_gateway_info=gateway)
    cloud.network.add_interface_to_router(router, subnet_id=subnet.id)
    group = cloud.network.create_security_group(name=_NAME)
    cloud.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", protocol="icmp"
    )
    flavor = cloud.compute.find_flavor("m1.tiny", ignore_missing=False)
    for name, zone in _zone_of(first, second).items():
        where = {"availability_zone": zone} if zone else {}
        cloud.compute.create_server(
            name=name,
            image_id=image,
            flavor_id=flavor.id,
            networks=[{"uuid": network.id}],
            security_groups=[{"name": _NAME}],
            **where,
        )
    for name in _zone_of(first, second):
        server = _active(cloud, name)
        [port] = cloud.network.ports(device_id=server.id)
        cloud.network.create_ip(floating_network_id=external.id, port_id=port.id)


def _ask(cloud: Connection, name: str) -> dict[str, Any]:
    """Return a server's zone and host, and the seconds until its floating address answers."""
    server = _active(cloud, name)
    [port] = cloud.network.ports(device_id=server.id)
    [address] = cloud.network.ips(port_id=port.id)
    return {
        "zone": server.availability_zone,
        "host": server.hypervisor_hostname,
        "answered_after_s": _ping(address.floating_ip_address),
    }


def _active(cloud: Connection, name: str) -> Any:
    """Wait until a server is active. After a reboot of its host, Nova leaves it shut off."""
    server = cloud.compute.find_server(name, ignore_missing=False)
    if server.status == "SHUTOFF":
        cloud.compute.start_server(server)
    return cloud.compute.wait_for_server(server, status="ACTIVE", interval=_POLL_S, wait=_SERVER_S)


def _ping(address: str) -> float:
    began = time.monotonic()
    ping = ("ping", "-c", "1", "-W", "2", address)
    while (code := subprocess.run(ping, capture_output=True, check=False).returncode) != 0:
        # 1 means no answer; any other status means that ping itself failed.
        assert code == 1, f"ping ended with {code}"
        assert time.monotonic() < began + _PING_S, f"{address} does not answer"
        time.sleep(1)
    return round(time.monotonic() - began, 1)


if __name__ == "__main__":
    sys.exit(main())
