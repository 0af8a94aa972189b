"""Cloud: checks of the finished cloud, by its OpenStack client and from outside both nodes."""

import json
import shlex
import subprocess
import time
from typing import Any

from localcloud.machines.switch import in_namespace
from tests.devstack import guest
from tests.devstack.site import RealSite

_COMMAND_S = 300
_SERVER_S = 900
_PING_S = 600
"""Without KVM, a server boots slowly."""
_POLL_S = 5.0
_NETWORK = "real"
_SUBNET = "10.1.8.0/24"

Row = dict[str, Any]


class Cloud:
    """The cloud on a site's controller, used with admin credentials."""

    def __init__(self, site: RealSite) -> None:
        self._site = site
        self.settings = site.settings

    def ask(self, *words: str) -> Any:
        """Run an OpenStack command and return its output, parsed from JSON."""
        return json.loads(self.do(*words, "-f", "json"))

    def do(self, *words: str) -> str:
        """Run an OpenStack command on the controller and return its output."""
        command = shlex.join(("openstack", "--os-cloud", "devstack-admin", *words))
        return self._site.run(self._site.controller, f"sudo {command}", _COMMAND_S)

    def zones(self, kind: str) -> list[str]:
        """Return the available zones of `availability zone list`, without Nova's `internal`."""
        rows = self.ask("availability", "zone", "list", f"--{kind}")
        found = {row["Zone Name"] for row in rows if row["Zone Status"] == "available"}
        return sorted(found - {"internal"})

    def make_servers(self) -> dict[str, Row]:
        """Boot a server in each AZ and one without an AZ, each with a floating address."""
        self._make_images()
        self._make_network()
        for name, zone in (
            ("first", self.settings.primary_az),
            ("second", self.settings.secondary_az),
            ("anywhere", ""),
        ):
            where = ("--availability-zone", zone) if zone else ()
            what = ("--image", "guest", "--flavor", "m1.tiny", "--network", _NETWORK)
            self.do("server", "create", *what, "--security-group", _NETWORK, *where, name)
        servers = {name: self.wait_for_server(name) for name in ("first", "second", "anywhere")}
        for name, server in servers.items():
            address = self.ask("floating", "ip", "create", "public")["floating_ip_address"]
            self.do("server", "add", "floating", "ip", name, address)
            server["floating"] = address
        return servers

    def wait_for_server(self, name: str) -> Row:
        """Wait until a server is active; return its zone and host."""
        deadline = time.monotonic() + _SERVER_S
        while (found := self.ask("server", "show", name))["status"] != "ACTIVE":
            assert found["status"] != "ERROR", found.get("fault")
            assert time.monotonic() < deadline, f"{name} is {found['status']}"
            time.sleep(_POLL_S)
        return {
            "zone": found["OS-EXT-AZ:availability_zone"],
            "host": found["OS-EXT-SRV-ATTR:host"],
        }

    def ping(self, address: str) -> float:
        """Return the seconds until an address answers pings from the switch, outside both nodes."""
        began = time.monotonic()
        ping = ("ping", "-c", "1", "-W", "2", address)
        while (code := self._outside(*ping)) != 0:
            # 1 means no answer; any other status means that ping itself failed.
            assert code == 1, f"ping ended with {code}"
            assert time.monotonic() < began + _PING_S, f"{address} does not answer"
            time.sleep(1)
        return round(time.monotonic() - began, 1)

    def _outside(self, *words: str) -> int:
        command = in_namespace(self._site.switch.path, words)
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode

    def _make_images(self) -> None:
        parts = (("kernel", "aki", guest.KERNEL), ("ramdisk", "ari", guest.RAMDISK))
        properties = []
        for name, form, file in parts:
            formats = ("--disk-format", form, "--container-format", form)
            made = self.ask("image", "create", *formats, "--file", str(file), f"guest-{name}")
            properties += ["--property", f"{name}_id={made['id']}"]
        formats = ("--disk-format", "raw", "--container-format", "bare")
        self.do("image", "create", *formats, *properties, "--file", str(guest.DISK), "guest")

    def _make_network(self) -> None:
        self.do("network", "create", _NETWORK)
        self.do("subnet", "create", "--network", _NETWORK, "--subnet-range", _SUBNET, _NETWORK)
        self.do("router", "create", "--external-gateway", "public", _NETWORK)
        self.do("router", "add", "subnet", _NETWORK, _NETWORK)
        self.do("security", "group", "create", _NETWORK)
        self.do("security", "group", "rule", "create", "--protocol", "icmp", _NETWORK)
