"""Answers: what a cloud says about itself, as far as tempest must be told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from keystoneauth1.exceptions import ClientException
from openstack.connection import Connection
from openstack.exceptions import SDKException

from host.errors import JobError


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A pool of Cinder's."""

    name: str
    """The name that volume types refer to; pools of both nodes may share it."""
    protocol: str
    vendor: str


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Facts about one cloud, from its APIs alone."""

    auth_url: str
    region: str
    domain: str
    """Name of the administrator's domain."""
    services: frozenset[str]
    """Service types in the catalog."""
    external_network: str
    """ID of the network of floating addresses."""
    external_network_name: str
    extensions: tuple[str, ...]
    """Aliases of Neutron's extensions."""
    compute_hosts: int
    compute_microversion: str
    volume_microversion: str
    placement_microversion: str
    compute_zones: frozenset[str]
    volume_zones: frozenset[str]
    volume_services: frozenset[str]
    """Names of Cinder's services that are up."""
    backends: tuple[Backend, ...]
    import_methods: frozenset[str]
    """Ways in which Glance imports an image."""
    providers: tuple[tuple[str, str], ...]
    """Name and description of each load balancer provider."""

    @property
    def common_zones(self) -> list[str]:
        """Zones in which both servers and volumes can be."""
        return sorted(self.compute_zones & self.volume_zones)


def ask(connection: Connection) -> Answers:
    """Ask a cloud as its administrator. Raises JobError if an API does not answer."""
    try:
        return _ask(connection)
    except (SDKException, ClientException) as error:
        raise JobError(f"tempest: {error}; wait until the cloud is ready") from error


def _ask(connection: Connection) -> Answers:
    services = frozenset(
        entry["type"]
        for entry in connection.session.auth.get_access(connection.session).service_catalog.catalog
    )
    network = _external_network(connection)
    has_balancers = "load-balancer" in services
    return Answers(
        auth_url=connection.config.auth["auth_url"],
        region=connection.config.region_name,
        domain=_domain(connection),
        services=services,
        external_network=network.id,
        external_network_name=network.name,
        extensions=tuple(sorted(each.alias for each in connection.network.extensions())),
        compute_hosts=len(_up(connection.compute.services(binary="nova-compute"))),
        compute_microversion=_microversion(connection.compute),
        volume_microversion=_microversion(connection.block_storage),
        placement_microversion=_microversion(connection.placement),
        compute_zones=_zones(connection.compute),
        volume_zones=_zones(connection.block_storage),
        volume_services=frozenset(each.binary for each in _up(connection.block_storage.services())),
        backends=tuple(map(_backend, connection.block_storage.backend_pools())),
        import_methods=frozenset(
            connection.image.get_import_info().import_methods.get("value", ())
        ),
        providers=tuple(
            (each.name, each.description)
            for each in (connection.load_balancer.providers() if has_balancers else ())
        ),
    )


def _domain(connection: Connection) -> str:
    auth = connection.config.auth
    identity = auth.get("user_domain_id") or auth.get("domain_id") or "default"
    return str(connection.identity.get_domain(identity).name)


def _external_network(connection: Connection) -> Any:
    found = list(connection.network.networks(**{"router:external": True}))
    if not found:
        raise JobError("tempest: the cloud has no external network; tests of floating IPs need one")
    return found[0]


def _up(services: Iterable[Any]) -> list[Any]:
    return [each for each in services if each.state == "up" and each.status == "enabled"]


def _microversion(proxy: Any) -> str:
    newest = proxy.get_endpoint_data().max_microversion
    return ".".join(map(str, newest))


def _zones(proxy: Any) -> frozenset[str]:
    """Return the zones that are available, without Nova's `internal`."""
    found: Callable[..., Iterable[Any]] = proxy.availability_zones
    return frozenset(
        zone.name for zone in found() if zone.state["available"] and zone.name != "internal"
    )


def _backend(pool: Any) -> Backend:
    facts = pool.capabilities
    return Backend(
        name=facts.get("volume_backend_name", ""),
        protocol=facts.get("storage_protocol", ""),
        vendor=facts.get("vendor_name", ""),
    )
