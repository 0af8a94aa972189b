"""Gcp plugin: the plugin's process with a project of its own, and what tests make there."""

import itertools
from typing import Any

from localcloud.compute_api.server import ComputeApi
from localcloud.plugins.values import from_struct, public
from tests.unit.localcloud.plugins.plugin_process import Plugin

NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
ADDRESS = "gcp:compute/address:Address"
FIREWALL = "gcp:compute/firewall:Firewall"
ROUTER = "gcp:compute/router:Router"
NAT = "gcp:compute/routerNat:RouterNat"
INSTANCE = "gcp:compute/instance:Instance"
FAMILY = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"
HOST = "https://www.googleapis.com/compute/v1"

_numbers = itertools.count(1)


class Made:
    """A resource that was created: type, id, inputs and state as the engine keeps them."""

    def __init__(self, kind: str, resource_id: str, inputs: dict[str, Any], state: dict[str, Any]):
        self.kind = kind
        self.id = resource_id
        self.inputs = inputs
        self.raw_state = state
        self.state = public(state)

    @property
    def link(self) -> str:
        """Its link."""
        return str(self.state["selfLink"])


class GcpPlugin:
    """Calls in one project."""

    def __init__(self, plugin: Plugin, api: ComputeApi):
        self.plugin = plugin
        self.api = api
        self.project = f"plugins-{next(_numbers)}"
        self.configure()

    def configure(self, **more: Any) -> None:
        """Configure it as stacks do, with more."""
        settings = {"project": self.project, "computeCustomEndpoint": self.api.url}
        self.plugin.configure(**{**settings, "accessToken": "anything", **more})

    def create(self, kind: str, inputs: dict[str, Any], **more: Any) -> Made:
        """Check and create."""
        checked, failures = self.plugin.check(kind, inputs)
        assert not failures, failures
        resource_id, state = self.plugin.create(kind, checked, **more)
        return Made(kind, resource_id, inputs, state)

    def preview(self, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Give the outputs that a preview shows."""
        return public(self.plugin.create(kind, inputs, preview=True)[1])

    def changes(self, made: Made, **new: Any) -> dict[str, tuple[str, bool]]:
        """Give kind and replacement by property path; None takes an input away."""
        news = {k: v for k, v in {**made.inputs, **new}.items() if v is not None}
        found = self.plugin.diff(made.kind, made.state, news).detailedDiff
        kinds = ("add", "delete", "update")
        return {path: (kinds[diff.kind // 2], diff.kind % 2 == 1) for path, diff in found.items()}

    def update(self, made: Made, **new: Any) -> Made:
        """Change in place."""
        news = {k: v for k, v in {**made.inputs, **new}.items() if v is not None}
        state = self.plugin.update(made.kind, made.id, made.state, news, old_inputs=made.inputs)
        return Made(made.kind, made.id, news, state)

    def refresh(self, made: Made) -> Made | None:
        """Read again; None if it is gone."""
        found = self.plugin.read(made.kind, made.id, made.state, made.inputs)
        if not found.id:
            return None
        inputs = from_struct(found.inputs)
        return Made(made.kind, found.id, inputs, from_struct(found.properties))

    def delete(self, made: Made) -> None:
        """Delete it."""
        self.plugin.delete(made.kind, made.id, made.state)

    def path(self, made: Made) -> str:
        """Give its path in the API."""
        return made.link.removeprefix(f"{HOST}/")

    def requests(self, method: str) -> list[dict[str, Any]]:
        """List the requests of a method in this project."""
        return self.api.requests(self.project, method)

    # What tests need to begin with

    def make(self, kind: str) -> Made:
        """Make one of a type, with what it needs."""
        simple = {NETWORK: self.network, SUBNETWORK: self.subnetwork, INSTANCE: self.instance}
        return simple[kind]() if kind in simple else self.create(kind, self._inputs(kind))

    def _inputs(self, kind: str) -> dict[str, Any]:
        if kind == ADDRESS:
            return {"name": "ip", "region": "us-east4", "labels": {"stack": "ci"}}
        if kind == FIREWALL:
            return {
                "name": "fw",
                "network": self.network().link,
                "allows": [{"protocol": "tcp", "ports": ["22"]}, {"protocol": "icmp"}],
                "sourceRanges": ["10.0.0.0/8"],
                "targetTags": ["node"],
            }
        if kind == ROUTER:
            return {"name": "router", "region": "us-east4", "network": self.network().link}
        return {
            "name": "nat",
            "region": "us-east4",
            "router": self.make(ROUTER).state["name"],
            "natIpAllocateOption": "AUTO_ONLY",
            "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES",
        }

    def network(self) -> Made:
        """Make a network in custom mode."""
        return self.create(NETWORK, {"name": "net", "autoCreateSubnetworks": False, "mtu": 1460})

    def subnetwork(self) -> Made:
        """Make a subnetwork with its network."""
        inputs = {
            "name": "sub",
            "region": "us-east4",
            "network": self.network().link,
            "ipCidrRange": "10.0.3.0/24",
        }
        return self.create(SUBNETWORK, inputs)

    def instance_inputs(self, subnetwork: str, **more: Any) -> dict[str, Any]:
        """Give what our program asks of an instance."""
        return {
            "name": "node",
            "zone": "us-east4-a",
            "machineType": "n2-standard-8",
            "minCpuPlatform": "Intel Cascade Lake",
            "advancedMachineFeatures": {"enableNestedVirtualization": True},
            "canIpForward": True,
            "bootDisk": {
                "initializeParams": {
                    "image": FAMILY,
                    "size": 500,
                    "type": "pd-ssd",
                    "labels": {"stack": "ci"},
                }
            },
            "networkInterfaces": [{"subnetwork": subnetwork, "networkIp": "10.0.3.16"}],
            "labels": {"stack": "ci"},
            "tags": ["node", "controller"],
            "metadata": {"user-data": "#cloud-config\n"},
            **more,
        }

    def instance(self, **more: Any) -> Made:
        """Make an instance in a subnetwork."""
        return self.create(INSTANCE, self.instance_inputs(self.subnetwork().link, **more))
