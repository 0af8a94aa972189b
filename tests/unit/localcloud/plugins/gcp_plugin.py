"""Gcp plugin: the plugin's process with a project of its own, and functions that make resources."""

import itertools
from typing import Any

import requests

from localcloud.compute_api.server import ComputeApi
from localcloud.plugins.values import from_struct, public
from tests.patience import PATIENCE_S
from tests.unit.localcloud.plugins.plugin_process import Plugin

NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
ADDRESS = "gcp:compute/address:Address"
FIREWALL = "gcp:compute/firewall:Firewall"
ROUTER = "gcp:compute/router:Router"
NAT = "gcp:compute/routerNat:RouterNat"
INSTANCE = "gcp:compute/instance:Instance"
IMAGE = "gcp:compute/image:Image"
FAMILY = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"
AUTHORIZED = {"authorization": "Bearer anything"}
HOST = "https://www.googleapis.com/compute/v1"

_numbers = itertools.count(1)


class Made:
    """A created resource: type, ID, inputs, and state as the engine keeps it."""

    def __init__(self, kind: str, resource_id: str, inputs: dict[str, Any], state: dict[str, Any]):
        self.kind = kind
        self.id = resource_id
        self.inputs = inputs
        self.raw_state = state
        self.state = public(state)

    @property
    def link(self) -> str:
        """The resource's selfLink."""
        return str(self.state["selfLink"])


class GcpPlugin:
    """Call the plugin in one project."""

    def __init__(self, plugin: Plugin, api: ComputeApi):
        self.plugin = plugin
        self.api = api
        self.project = f"plugins-{next(_numbers)}"
        self.configure()

    def configure(self, **more: Any) -> None:
        """Configure the plugin as stacks do, with additional settings."""
        settings = {"project": self.project, "computeCustomEndpoint": self.api.url}
        self.plugin.configure(**{**settings, "accessToken": "anything", **more})

    def create(self, kind: str, inputs: dict[str, Any], **more: Any) -> Made:
        """Check and create a resource."""
        checked, failures = self.plugin.check(kind, inputs)
        assert not failures, failures
        resource_id, state = self.plugin.create(kind, checked, **more)
        return Made(kind, resource_id, inputs, state)

    def preview(self, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs that a preview shows."""
        return public(self.plugin.create(kind, inputs, preview=True)[1])

    def changes(self, made: Made, **new: Any) -> dict[str, tuple[str, bool]]:
        """Return kind and replacement by property path; the value None removes an input."""
        news = {k: v for k, v in {**made.inputs, **new}.items() if v is not None}
        found = self.plugin.diff(made.kind, made.state, news).detailedDiff
        kinds = ("add", "delete", "update")
        return {path: (kinds[diff.kind // 2], diff.kind % 2 == 1) for path, diff in found.items()}

    def update(self, made: Made, **new: Any) -> Made:
        """Update a resource in place; return it."""
        news = {k: v for k, v in {**made.inputs, **new}.items() if v is not None}
        state = self.plugin.update(made.kind, made.id, made.state, news, old_inputs=made.inputs)
        return Made(made.kind, made.id, news, state)

    def refresh(self, made: Made) -> Made | None:
        """Read a resource again; return None if it is gone."""
        found = self.plugin.read(made.kind, made.id, made.state, made.inputs)
        if not found.id:
            return None
        inputs = from_struct(found.inputs)
        return Made(made.kind, found.id, inputs, from_struct(found.properties))

    def delete(self, made: Made) -> None:
        """Delete a resource."""
        self.plugin.delete(made.kind, made.id, made.state)

    def path(self, made: Made) -> str:
        """Return a resource's path in the API."""
        return made.link.removeprefix(f"{HOST}/")

    def requests(self, method: str) -> list[dict[str, Any]]:
        """Return the requests of a method in this project."""
        return self.api.requests(self.project, method)

    # Resources for tests to start with

    def make(self, kind: str) -> Made:
        """Create a resource of a type, with the resources that it needs."""
        simple = {
            NETWORK: self.network,
            SUBNETWORK: self.subnetwork,
            INSTANCE: self.instance,
            IMAGE: self.image,
        }
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
        """Create a network in custom mode."""
        return self.create(NETWORK, {"name": "net", "autoCreateSubnetworks": False, "mtu": 1460})

    def subnetwork(self) -> Made:
        """Create a network and a subnetwork in it."""
        inputs = {
            "name": "sub",
            "region": "us-east4",
            "network": self.network().link,
            "ipCidrRange": "10.0.3.0/24",
        }
        return self.create(SUBNETWORK, inputs)

    def image(self) -> Made:
        """Create an image from a disk that no instance has."""
        disks = f"{self.api.url}projects/{self.project}/zones/us-east4-a/disks"
        requests.post(disks, json={"name": "disk"}, headers=AUTHORIZED, timeout=PATIENCE_S)
        self.api.tick()
        inputs = {
            "name": "image",
            "family": "node",
            "description": "what it is",
            "sourceDisk": f"{HOST}/projects/{self.project}/zones/us-east4-a/disks/disk",
            "labels": {"stack": "ci"},
        }
        return self.create(IMAGE, inputs)

    def instance_inputs(self, subnetwork: str, **more: Any) -> dict[str, Any]:
        """Return the inputs of an instance, as our program sets them."""
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
        """Create an instance in a new subnetwork."""
        return self.create(INSTANCE, self.instance_inputs(self.subnetwork().link, **more))
