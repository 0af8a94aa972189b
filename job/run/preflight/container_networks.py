"""Container networks: list the networks of Docker and Podman."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from host.ending import Ending
from host.processes import Answer, Program, ask

_ENGINES = ("docker", "podman")
_TIMEOUT_S = 10
_BRIDGE = "com.docker.network.bridge.name"
_MTU = "com.docker.network.driver.mtu"
_ID_IN_NAME = 12


@dataclass(frozen=True, kw_only=True)
class ContainerNetwork:
    """A network, its bridge on this machine, and its configured MTU."""

    engine: str
    name: str
    subnets: tuple[IPv4Network, ...]
    bridge: str
    """Empty unless the network is a bridge."""
    mtu: int | None


def networks(environ: Mapping[str, str], ending: Ending) -> list[ContainerNetwork]:
    """List the networks of each engine. One that does not answer has no networks that matter."""
    return [found for engine in _ENGINES for found in _networks(engine, environ, ending)]


def _networks(
    engine: str, environ: Mapping[str, str], ending: Ending
) -> Iterator[ContainerNetwork]:
    def network(*words: str) -> Answer:
        program = Program(command=[engine, "network", *words], environment=environ)
        return ask(program, ending, timeout_s=_TIMEOUT_S)

    listing = network("ls", "--quiet")
    names = listing.output.split()
    if listing.code or not names:
        return
    answer = network("inspect", *names)
    try:
        documents = json.loads(answer.output)
    except ValueError:
        return
    for document in documents:
        yield parse(engine, document)


def parse(engine: str, document: Mapping[str, Any]) -> ContainerNetwork:
    """Parse one network of `network inspect`. Docker has capitals in it where Podman has none."""
    found = {name.lower(): value for name, value in document.items()}
    options = found.get("options") or {}
    own_name = "br-" + str(found.get("id", ""))[:_ID_IN_NAME]
    bridge = options.get(_BRIDGE) or found.get("network_interface") or own_name
    mtu = str(options.get(_MTU) or options.get("mtu"))
    return ContainerNetwork(
        engine=engine,
        name=found.get("name") or "",
        subnets=tuple(_subnets(found)),
        bridge=bridge if found.get("driver") == "bridge" else "",
        mtu=int(mtu) if mtu.isdigit() else None,
    )


def _subnets(found: Mapping[str, Any]) -> Iterator[IPv4Network]:
    pools = (found.get("ipam") or {}).get("Config") or found.get("subnets") or []
    for pool in pools:
        try:
            yield IPv4Network(pool.get("Subnet") or pool.get("subnet") or "", strict=False)
        except ValueError:
            continue  # IPv6, which none of our ranges is.
