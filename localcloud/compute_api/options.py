"""Options: the settings of a double.

Refused are an address that other machines can reach and a latency for an unknown kind, both with
ValueError: a typing error in a kind would leave the latency at its default, unnoticed.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_address

# Seconds from an accepted request to DONE, unless a latency is set. Most tests do not look at the
# time between and should not spend it.
DEFAULT_LATENCY_S = 0.0

# TEST-NET-3 (RFC 5737) is routed nowhere, so nobody reaches a stranger's machine by an external IP
# that the double gave away.
TEST_NET_3 = IPv4Network("203.0.113.0/24")

# Kinds of resources that may have a latency, which is then that of all their methods.
KINDS = (
    "network",
    "subnetwork",
    "firewall",
    "address",
    "router",
    "route",
    "instance",
    "disk",
    "image",
    "project",
)


@dataclass(kw_only=True)
class Options:
    """The address on which a double listens, its latencies and its external IPs."""

    host: str = "127.0.0.1"
    port: int = 0
    # Seconds by method (instances.insert) or by kind (instance); "default" is for the rest.
    latency_s: dict[str, float] = field(default_factory=dict)
    external_range: IPv4Network = TEST_NET_3

    def __post_init__(self) -> None:
        # The double takes any token, so every program that reaches it can do everything.
        if not ip_address(self.host).is_loopback:
            raise ValueError(f"host: {self.host} is not a loopback address; use 127.0.0.1")
        self.check_latency(self.latency_s)

    @staticmethod
    def check_latency(latency_s: dict[str, float]) -> None:
        """Refuse a latency of an unknown kind; keys with a dot are methods and are not checked."""
        for key in latency_s:
            if "." not in key and key not in {*KINDS, "default"}:
                raise ValueError(
                    f"latency: {key!r} is no kind; kinds are default, {', '.join(KINDS)}"
                )

    def latency(self, method_id: str, kind: str) -> float:
        """Return the seconds of an operation: by its method, else its kind, else the default."""
        short = method_id.removeprefix("compute.")
        for key in (short, kind, "default"):
            if key in self.latency_s:
                return self.latency_s[key]
        return DEFAULT_LATENCY_S


def kind_of(collection: str) -> str:
    """Return the kind of a collection: `network` for networks, `address` for addresses."""
    if collection.endswith("sses"):
        return collection.removesuffix("es")
    return collection.removesuffix("s")
