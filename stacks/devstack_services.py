"""DevStack services: known names, the services of each role, and refused requests.

DevStack silently ignores unknown names.
Source: `is_service_enabled` in devstack, neutron and octavia, stable/2025.1 to stable/2026.1.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from stacks.naming import Role
from stacks.settings import Settings

_NODE_AGENTS = ("ovn-controller", "ovs-vswitchd", "ovsdb-server")

_CONTROL_PLANE = (
    *("key", "rabbit", "mysql"),
    *("n-api", "n-cond", "n-sch", "n-novnc", "n-api-meta", "placement-api"),
    *("g-api", "q-svc", "neutron-trunk", "ovn-northd"),
)
_OCTAVIA = ("octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da")
_CINDER_CONTROL_PLANE = ("c-sch", "c-api")
_NODE = ("n-cpu", "placement-client", *_NODE_AGENTS, "c-vol")

_CINDER = (*_CINDER_CONTROL_PLANE, "c-vol")

_NEEDED = frozenset((*_CONTROL_PLANE, *_NODE)) - {"n-novnc", "neutron-trunk", *_CINDER}
"""Services that must not be disabled."""

_WHOLE = (frozenset(_OCTAVIA), frozenset(_CINDER))
"""Services that are useless without each other."""

_OTHER_BACK_ENDS = """
    q-agt q-dhcp q-l3 q-meta q-metering q-sriov-agt neutron-agent neutron-dhcp neutron-l3
    neutron-metadata-agent neutron-metering neutron-sriov-agent
"""
_NOT_WITH_OVN = frozenset(_OTHER_BACK_ENDS.split())

_WATCHERS = """
    atop br-ex-tcpdump br-int-flows dstat file_tracker memory_tracker openstack-cli-server
    ovn-controller-vtep ovs-vtep peakmem_tracker tcpdump
"""
_PER_NODE = frozenset(_WATCHERS.split())
"""Services that watch or serve their own node, so both roles run them."""

_OTHERS = """
    c-bak etcd etcd3 g-api-r horizon key keystone ldap n-sproxy n-spice n-super-cond
    neutron-api neutron-conntrack-helper neutron-distributed-dhcp neutron-dns neutron-flavors
    neutron-local-ip neutron-local-ip-static neutron-log neutron-loki neutron-metadata-path
    neutron-ndp-proxy neutron-network-segment-range neutron-ovn-agent neutron-ovn-metadata-agent
    neutron-placement neutron-port-forwarding neutron-port-trusted-vif neutron-qos
    neutron-segments neutron-tag-ports-during-bulk-creation neutron-uplink-status-propagation
    o-api-ha postgresql q-conntrack-helper q-distributed-dhcp q-dns q-flavors q-log
    q-metadata-path q-ndp-proxy q-ovn-agent q-ovn-metadata-agent q-placement q-port-forwarding
    q-port-trusted-vif q-qos q-trunk s-account s-container s-object s-proxy s3api swift tempest
    tls-proxy
"""
KNOWN = frozenset(
    (*_CONTROL_PLANE, *_OCTAVIA, *_CINDER, *_NODE, *_NOT_WITH_OVN, *_PER_NODE, *_OTHERS.split())
)


def enabled_services(settings: Settings, role: Role) -> tuple[str, ...]:
    """Return a role's services, in a fixed order, without duplicates and disabled ones."""
    names = [*_NODE, ovn_agent(settings.release)]
    if role == "controller":
        names = [*_CONTROL_PLANE, *_CINDER_CONTROL_PLANE, *_OCTAVIA, *names]
        names += [*settings.additional_services, *(["horizon"] if settings.horizon else [])]
    else:
        names += [name for name in settings.additional_services if name in _PER_NODE]
    return tuple(name for name in dict.fromkeys(names) if name not in settings.disabled_services)


def runs(settings: Settings, service: str) -> bool:
    """Tell whether any node of the stack runs the service."""
    return any(service in enabled_services(settings, role) for role in settings.roles)


def ovn_agent(release: str) -> str:
    """Return the agent that serves metadata, as DevStack's jobs use it in each release.

    2026.1 still runs the metadata agent but removes it in 2026.2; the OVN agent with its
    metadata extension is what DevStack's own jobs run from 2025.2 on.
    """
    return "q-ovn-metadata-agent" if release == "2025.1" else "q-ovn-agent"


def lint(settings: Settings, key: str) -> Iterator[tuple[str, str, str]]:
    """Yield service, problem and remedy for `additional_services` or `disabled_services`."""
    names: tuple[str, ...] = getattr(settings, key)
    check = _lint_additional if key == "additional_services" else _lint_disabled
    for name in names:
        if name not in KNOWN:
            near = get_close_matches(name, sorted(KNOWN), n=1, cutoff=0.4)
            yield (
                name,
                "is no DevStack service",
                f"did you mean '{near[0]}'?" if near else "remove it",
            )
        elif names.count(name) > 1:
            yield name, "is named twice", "name it once"
        else:
            yield from check(settings, name)


def _lint_additional(settings: Settings, name: str) -> Iterator[tuple[str, str, str]]:
    if name in settings.disabled_services:
        yield name, "is both additional and disabled", "take it out of one list"
    elif name == "horizon":
        yield name, "belongs to the controller alone", "set devstack:horizon to true instead"
    elif name in _NOT_WITH_OVN:
        yield name, "is an agent of another Neutron back end", "remove it; the nodes run OVN"
    elif name in {"q-ovn-agent", "q-ovn-metadata-agent"} and name != ovn_agent(settings.release):
        yield name, "would serve metadata twice", f"remove it; {ovn_agent(settings.release)} runs"


def _lint_disabled(settings: Settings, name: str) -> Iterator[tuple[str, str, str]]:
    if name == "horizon" and settings.horizon:
        yield name, "is disabled and asked for", "set devstack:horizon to false"
    elif name in _NEEDED or name == ovn_agent(settings.release):
        yield name, "is needed by every node or test", "leave it enabled"
    for group in _WHOLE:
        missing = sorted(group.difference(settings.disabled_services))
        if name in group and missing:
            yield name, "is of no use to disable alone", f"disable {', '.join(missing)} too"
