"""Options: what somebody who starts the double can set."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_address

# Seconds from an accepted request to DONE, when nothing is set. Tests want answers at once.
DEFAULT_LATENCY_S = 0.0

# It leads nowhere: nobody contacts a stranger by an address that the double made up.
TEST_NET_3 = IPv4Network("203.0.113.0/24")

# What may be given a latency: a kind of resource, which covers all its methods.
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
    """Where the double listens and how it behaves."""

    host: str = "127.0.0.1"
    port: int = 0
    # By method (instances.insert) or by kind (instance); "default" is for the rest.
    latency_s: dict[str, float] = field(default_factory=dict)
    external_range: IPv4Network = TEST_NET_3

    def __post_init__(self) -> None:
        # Whoever reaches the double can do anything with it.
        if not ip_address(self.host).is_loopback:
            raise ValueError(f"host: {self.host} is not a loopback address; use 127.0.0.1")
        self.check_latency(self.latency_s)

    @staticmethod
    def check_latency(latency_s: dict[str, float]) -> None:
        """Refuse a latency of nothing that there is; a method is not checked."""
        for key in latency_s:
            if "." not in key and key not in {*KINDS, "default"}:
                raise ValueError(
                    f"latency: {key!r} is no kind; kinds are default, {', '.join(KINDS)}"
                )

    def latency(self, method_id: str, kind: str) -> float:
        """Give the seconds that an operation of this method takes."""
        short = method_id.removeprefix("compute.")
        for key in (short, kind, "default"):
            if key in self.latency_s:
                return self.latency_s[key]
        return DEFAULT_LATENCY_S


def kind_of(collection: str) -> str:
    """Give the kind of a collection: networks hold a network."""
    if collection.endswith("sses"):
        return collection.removesuffix("es")
    return collection.removesuffix("s")
