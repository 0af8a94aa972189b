"""Server: the double over HTTP."""

import http.client
import json
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from localcloud.compute_api.faults import Fault
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from tests.patience import PATIENCE_S

NETWORK = {"name": "net", "autoCreateSubnetworks": False}


@pytest.fixture
def running():
    with ComputeApi() as api:
        yield api


class HttpError(Exception):
    """An answer with an error status."""

    def __init__(self, code, body):
        super().__init__(f"{code} {body}")
        self.code = code
        self.body = body


def request(url, body=None):
    """Send JSON and return the answer's JSON."""
    split = urlsplit(url)
    connection = http.client.HTTPConnection(split.hostname, split.port, timeout=PATIENCE_S)
    verb = "GET" if body is None else "POST"
    data = None if body is None else json.dumps(body)
    connection.request(verb, split.path, data, {"Authorization": "Bearer t"})
    try:
        answer = connection.getresponse()
        given = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status != 200:
        raise HttpError(answer.status, given)
    return given


def control(api, path, body=None):
    return request(f"http://127.0.0.1:{api.port}/_localcloud/{path}", body)


def test_url_is_a_loopback_address(running):
    assert running.url == f"http://127.0.0.1:{running.port}/compute/v1/"


def test_refusal_carries_googles_body(running):
    with pytest.raises(HttpError) as caught:
        request(f"{running.url}projects/p/global/networks/gone")
    assert caught.value.body["error"]["errors"][0]["reason"] == "notFound"


def test_lost_answer_closes_the_connection_after_the_work(running):
    running.add_fault(Fault(method="networks.insert", kind="lost"))
    with pytest.raises(http.client.RemoteDisconnected):
        request(f"{running.url}projects/p/global/networks", NETWORK)
    assert request(f"{running.url}projects/p/global/networks/net")["name"] == "net"


def test_slow_answer_comes_late(running):
    running.add_fault(Fault(method="zones.list", kind="slow", delay_s=0.3))
    request(f"{running.url}projects/p/zones")
    assert running.requests("p")[0]["seconds"] >= 0.3


def test_instance_is_announced_although_nobody_polls():
    """A machine must boot even if the client that requested it is gone."""
    announced = threading.Event()
    seen = []
    with ComputeApi(Options(latency_s={"instance": 0.2})) as api:
        api.on_instance_running(lambda view: (seen.append(view), announced.set()))
        base = f"{api.url}projects/p/"
        request(f"{base}global/networks", NETWORK)
        subnetwork = {"name": "s", "network": "global/networks/net", "ipCidrRange": "10.0.3.0/24"}
        request(f"{base}regions/us-east4/subnetworks", subnetwork)
        image = "projects/debian-cloud/global/images/family/debian-12"
        instance = {
            "name": "vm",
            "machineType": "zones/us-east4-a/machineTypes/n2-standard-2",
            "disks": [{"boot": True, "initializeParams": {"sourceImage": image}}],
            "networkInterfaces": [
                {"subnetwork": "regions/us-east4/subnetworks/s", "accessConfigs": [{}]}
            ],
            "metadata": {"items": [{"key": "user-data", "value": "#cloud-config\n"}]},
            "labels": {"role": "controller"},
        }
        request(f"{base}zones/us-east4-a/instances", instance)
        assert announced.wait(timeout=PATIENCE_S)
    (view,) = seen
    assert (view.name, view.zone, view.network_ip) == ("vm", "us-east4-a", "10.0.3.2")
    assert view.nat_ip == "203.0.113.1"
    assert view.metadata == {"user-data": "#cloud-config\n"}
    assert view.labels == {"role": "controller"}


def test_controls_are_reachable_over_http(running):
    control(running, "latency", {"network": 5})
    request(f"{running.url}projects/p/global/networks", NETWORK)
    [entry] = control(running, "inventory")
    assert entry["path"] == "projects/p/global/networks/net"
    assert running.operations("p")["chainSeconds"] == 5


@pytest.mark.parametrize(("path", "body"), [("nonsense", {}), ("latency", {"netwrok": 1})])
def test_senseless_control_is_refused(running, path, body):
    with pytest.raises(HttpError) as caught:
        control(running, path, body)
    assert caught.value.code in {400, 404}


def test_command_says_first_that_it_is_a_double(tmp_path):
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "localcloud.compute_api", "--port-file", str(port_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = [process.stdout.readline() for _ in range(2)]
        port = None
        while port is None:
            port = port_file.read_text() if port_file.exists() else None
        process.terminate()
        assert process.wait(timeout=PATIENCE_S) == 0
    assert "a double of the Compute Engine API, not Google Cloud" in lines[0]
    assert f"127.0.0.1:{port.strip()}/" in lines[1]


def test_help_shows_an_example():
    command = [sys.executable, "-m", "localcloud.compute_api", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "--latency instance=2" in text
    assert "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE" in text
