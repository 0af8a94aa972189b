"""Router: the way between the nodes' network and the job, which is in a namespace of its own.

The job reaches the router's own services and, by 1:1 NAT, nodes that have a public address. Its way
to the nodes' network and to what is behind it is refused, so that it needs the tunnel as on Google
Cloud. Nobody reaches the host's network, unless the workload has an uplink. Firewall rules of the
Compute API are not applied: a public address is open on all ports.
"""

import os
from pathlib import Path

from host.processes import Program, ask
from localcloud.errors import LocalcloudError
from localcloud.machines.switch import Switch, in_namespace, inside

JOB = "198.51.100.2"
INTERNET = "198.51.100.1"
"""The router's address on the job's side. Services for everybody, such as git, listen on it."""
_WIRE = "job"
UPLINK = "uplink0"
"""The interface by which a workload may lead machines and job out. Without one, nothing leaves."""
# Between the two sides only connections by NAT pass. Of the router's own addresses the job reaches
# INTERNET alone. Reject rather than drop, so that a missing tunnel fails at once.
_RULES = f"""
table ip router {{
  map public {{ type ipv4_addr : ipv4_addr; }}
  chain prerouting {{
    type nat hook prerouting priority dstnat
    iifname {_WIRE} dnat to ip daddr map @public
  }}
  chain forward {{
    type filter hook forward priority filter
    ct state established,related accept
    ct status dnat accept
    iifname {_WIRE} oifname {UPLINK} accept
    iifname {_WIRE} reject with icmp net-unreachable
    oifname {_WIRE} reject with icmp net-unreachable
  }}
  chain input {{
    type filter hook input priority filter
    iifname {_WIRE} ip daddr != {INTERNET} reject with icmp net-unreachable
  }}
}}
"""
_TIMEOUT_S = 10


class Router:
    """A router in the namespace of a switch. It ends with that namespace."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.job = switch.plug_beside(_WIRE, f"{JOB}/24")
        """Path of the job's namespace, which has its own loopback."""
        self._nft(_RULES)
        forwarding = Path("/proc/sys/net/ipv4/ip_forward")
        inside(switch.path, lambda: forwarding.write_text("1", encoding="ascii"))

    def publish(self, public: str, private: str) -> None:
        """Let a public address lead to a node's private one. Raises LocalcloudError."""
        self._nft(f"add element ip router public {{ {public} : {private} }}")

    def withdraw(self, public: str) -> None:
        """Let a public address lead nowhere. New connections to it are refused at once."""
        self._nft(f"delete element ip router public {{ {public} }}")

    def _nft(self, commands: str) -> None:
        command = in_namespace(self._switch.path, ["nft", commands])
        answer = ask(Program(command=command, environment=os.environ), timeout_s=_TIMEOUT_S)
        if answer.code:
            raise LocalcloudError(f"nft: {answer.errors.strip()}")
