"""Containers: the networks that Docker and Podman report."""

import json
from ipaddress import IPv4Network

import pytest

from job.run.preflight import container_networks
from job.run.preflight.container_networks import ContainerNetwork, networks
from tests.patience import FOREVER_S

DOCKERS = [
    {
        "Name": "bridge",
        "Id": "0123456789abcdef0123",
        "Driver": "bridge",
        "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]},
        "Options": {
            "com.docker.network.bridge.name": "docker0",
            "com.docker.network.driver.mtu": "1500",
        },
    },
    {
        "Name": "kind",
        "Id": "fedcba9876543210fedc",
        "Driver": "bridge",
        "IPAM": {"Config": [{"Subnet": "fc00:f853:ccd:e793::/64"}, {"Subnet": "172.18.0.0/16"}]},
        "Options": {},
    },
    {"Name": "host", "Id": "aa", "Driver": "host", "IPAM": {"Config": None}, "Options": None},
]
PODMANS = [
    {
        "name": "podman",
        "id": "2f259bab93aa",
        "driver": "bridge",
        "network_interface": "podman0",
        "subnets": [{"subnet": "10.88.0.0/16", "gateway": "10.88.0.1"}],
        "options": {"mtu": "1400"},
    }
]


@pytest.fixture
def engine(program):
    """Write a stand-in for an engine with networks; return an environment with it on PATH."""

    def put(name, documents):
        folder = program(
            name,
            f"""case "$2" in
ls) echo {" ".join(str(number) for number in range(len(documents)))} ;;
inspect) /bin/cat <<'END'
{json.dumps(documents)}
END
esac""",
        )
        return {"PATH": str(folder)}

    return put


def test_dockers_networks_are_read(engine, ending):
    assert networks(engine("docker", DOCKERS), ending) == [
        ContainerNetwork(
            engine="docker",
            name="bridge",
            subnets=(IPv4Network("172.17.0.0/16"),),
            bridge="docker0",
            mtu=1500,
        ),
        ContainerNetwork(
            engine="docker",
            name="kind",
            subnets=(IPv4Network("172.18.0.0/16"),),
            bridge="br-fedcba987654",
            mtu=None,
        ),
        ContainerNetwork(engine="docker", name="host", subnets=(), bridge="", mtu=None),
    ]


def test_podmans_networks_are_read(engine, ending):
    assert networks(engine("podman", PODMANS), ending) == [
        ContainerNetwork(
            engine="podman",
            name="podman",
            subnets=(IPv4Network("10.88.0.0/16"),),
            bridge="podman0",
            mtu=1400,
        )
    ]


@pytest.mark.parametrize(
    "script", ["echo 'Cannot connect' >&2; exit 1", "echo no JSON", "exit 0"], ids=str
)
def test_an_engine_that_does_not_run_has_no_networks(program, ending, script):
    folder = program("docker", script)

    assert networks({"PATH": str(folder)}, ending) == []


def test_an_engine_that_hangs_is_given_up(program, ending, monkeypatch):
    monkeypatch.setattr(container_networks, "_TIMEOUT_S", 0.2)
    folder = program("docker", f"exec /bin/sleep {FOREVER_S}")

    assert networks({"PATH": str(folder)}, ending) == []


def test_no_engine_no_networks(ending, tmp_path):
    assert networks({"PATH": str(tmp_path)}, ending) == []
