"""A double without HTTP, on a manual clock, and a client that makes the usual resources."""

import itertools
import json
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.compute_api.clock import ManualClock
from localcloud.compute_api.server import ComputeApi
from localcloud.compute_api.service import PREFIX, Service, Wire

UBUNTU = "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64"
_projects = itertools.count(1)


@dataclass(frozen=True)
class Refusal:
    """The error of a refused request."""

    code: int
    reason: str
    message: str
    body: dict[str, Any]


class Client:
    """Send requests in one project; a change is done when its method returns."""

    def __init__(self, api: ComputeApi, clock: ManualClock) -> None:
        self.api = api
        self.clock = clock
        self.project = f"unit-{next(_projects)}"
        self.base = f"projects/{self.project}"
        self.region = f"{self.base}/regions/us-east4"
        self.zone = f"{self.base}/zones/us-east4-a"
        self._service = Service(api.cloud)

    def send(self, verb: str, path: str, body: Any = None, bearer: str = "t") -> Any:
        """Send a request and return the service's answer, whatever its status."""
        path, _, query = path.partition("?")
        raw = b"" if body is None else json.dumps(body).encode()
        return self._service.answer(Wire(verb, PREFIX + path, query, f"Bearer {bearer}", raw))

    def call(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request that must be accepted; return the answer's body."""
        answer = self.send(verb, path, body)
        assert answer.status == 200, answer.body
        return answer.body

    def refused(self, verb: str, path: str, body: Any = None) -> Refusal:
        """Send a request that must be refused; return its error."""
        answer = self.send(verb, path, body)
        assert answer.status >= 400, answer.body
        error = answer.body["error"]
        return Refusal(error["code"], error["errors"][0]["reason"], error["message"], answer.body)

    def get(self, path: str) -> dict[str, Any]:
        """Read a resource and return its body."""
        return self.call("GET", path)

    def do(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request, let its operation end and return the operation."""
        operation = self.call(verb, path, body)
        self.clock.advance(3600)
        return self.get(operation["selfLink"].split("/compute/v1/")[1])

    def done(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request whose operation must succeed; return the operation."""
        operation = self.do(verb, path, body)
        assert "error" not in operation, operation["error"]
        return operation

    def failed(self, verb: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request whose operation must fail; return its error."""
        operation = self.do(verb, path, body)
        return operation["error"]["errors"][0]

    def network(self, name: str = "net", **fields: Any) -> str:
        """Create a network in custom mode; return its path."""
        body = {"name": name, "autoCreateSubnetworks": False} | fields
        self.done("POST", f"{self.base}/global/networks", body)
        return f"{self.base}/global/networks/{name}"

    def subnetwork(self, name: str = "sub", cidr: str = "10.0.3.0/24", network: str = "net") -> str:
        """Create a subnetwork in us-east4; return its path."""
        body = {"name": name, "network": f"global/networks/{network}", "ipCidrRange": cidr}
        self.done("POST", f"{self.region}/subnetworks", body)
        return f"{self.region}/subnetworks/{name}"

    def address(self, name: str, **fields: Any) -> str:
        """Reserve an address in us-east4; return its path."""
        self.done("POST", f"{self.region}/addresses", {"name": name} | fields)
        return f"{self.region}/addresses/{name}"

    def internal(self, name: str, ip: str) -> str:
        """Reserve an internal address; return its path."""
        subnetwork = f"{self.region}/subnetworks/sub"
        return self.address(name, addressType="INTERNAL", subnetwork=subnetwork, address=ip)

    def instance_body(self, name: str = "vm", **fields: Any) -> dict[str, Any]:
        """Return the body of an instance with one disk and one interface."""
        parameters = {"sourceImage": UBUNTU, "diskSizeGb": "20"}
        return {
            "name": name,
            "machineType": "zones/us-east4-a/machineTypes/n2-standard-2",
            "disks": [{"boot": True, "autoDelete": True, "initializeParams": parameters}],
            "networkInterfaces": [{"subnetwork": f"{self.region}/subnetworks/sub"}],
        } | fields

    def instance(self, name: str = "vm", **fields: Any) -> str:
        """Create an instance; return its path."""
        self.done("POST", f"{self.zone}/instances", self.instance_body(name, **fields))
        return f"{self.zone}/instances/{name}"

    def nic(self, **fields: Any) -> list[dict[str, Any]]:
        """Return a list with one interface in the subnetwork."""
        return [{"subnetwork": f"{self.region}/subnetworks/sub"} | fields]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def api(clock: ManualClock) -> ComputeApi:
    return ComputeApi(clock=clock)


@pytest.fixture
def client(api: ComputeApi, clock: ManualClock) -> Client:
    """A client of an empty project."""
    return Client(api, clock)


@pytest.fixture
def wired(client: Client) -> Client:
    """A client of a project with a network and a subnetwork."""
    client.network()
    client.subnetwork()
    return client
