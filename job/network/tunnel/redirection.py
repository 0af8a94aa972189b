"""Redirection: sshuttle's two firewall methods, and a guard for the redirected port.

Packets of containers arrive on bridges, so sshuttle must listen on all addresses, and everybody who
reaches its port would be inside the private network. The guard admits only loopback and container
bridges. It drops rather than rejects: the first packet from a bridge that is newer than the guard's
last renewal is retransmitted a second later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from host.errors import JobError
from host.processes import Answer
from job.network.tunnel.namespace import Namespace

_GUARD = "devstack-tunnel"


class Method(Protocol):
    """A firewall method of sshuttle."""

    name: str

    def flaw(self) -> str:
        """Return why it does not work here; empty if it does."""

    def guard(self, port: int, interfaces: Sequence[str]) -> None:
        """Admit packets to a port only from these interfaces. Raises JobError."""

    def redirects(self, port: int) -> bool:
        """Tell whether sshuttle's own rules for a port exist."""

    def remains(self, port: int) -> list[str]:
        """Return the existing rules of sshuttle and of the guard."""

    def remove(self, port: int) -> None:
        """Remove both, as far as they exist."""


def choose(namespace: Namespace) -> Method:
    """Return the first method that works. Raises JobError with the faults of each."""
    flaws = []
    for method in (Nat(namespace), Nft(namespace)):
        flaw = method.flaw()
        if not flaw:
            return method
        flaws.append(f"{method.name} ({flaw})")
    raise JobError(f"tunnel: no method works here: {', '.join(flaws)}; run as root with iptables")


def named(name: str, namespace: Namespace) -> Method:
    """Return the method that an earlier tunnel used."""
    return Nft(namespace) if name == Nft.name else Nat(namespace)


@dataclass(frozen=True)
class Nat:
    """Chains of iptables."""

    namespace: Namespace
    name = "nat"

    def flaw(self) -> str:
        """Try sshuttle's rules in an unused chain."""
        chain = f"{_GUARD}-try"
        self._iptables("nat", "-N", chain)
        flaw = self._first_flaw(
            ("-F", chain),
            ("-A", chain, "-j", "REDIRECT", "-p", "tcp", "--to-ports", "1"),
            ("-A", chain, "-j", "RETURN", "-m", "addrtype", "--dst-type", "LOCAL"),
        )
        self._iptables("nat", "-F", chain)
        self._iptables("nat", "-X", chain)
        return flaw

    def guard(self, port: int, interfaces: Sequence[str]) -> None:
        """Replace the chain atomically, and let INPUT begin with it."""
        chain = f"{_GUARD}-{port}"
        rules = [f"-A {chain} -i {name} -j ACCEPT" for name in interfaces]
        text = "\n".join(
            ["*filter", f":{chain} - [0:0]", *rules, f"-A {chain} -j DROP", "COMMIT", ""]
        )
        _insist(self.namespace.run("iptables-restore", "-w", "--noflush", text=text), "guard")
        jump = _jump(port)
        if self._iptables("filter", "-C", *jump).code:
            _insist(self._iptables("filter", "-I", *jump), "guard")

    def redirects(self, port: int) -> bool:
        """Tell whether its chain exists and is used."""
        rules = self._iptables("nat", "-S").output.splitlines()
        return f"-A OUTPUT -j sshuttle-{port}" in rules

    def remains(self, port: int) -> list[str]:
        """Return the rules that name either chain."""
        rules = [
            rule
            for table in ("nat", "filter")
            for rule in self._iptables(table, "-S").output.splitlines()
        ]
        return [
            rule for rule in rules if {f"sshuttle-{port}", f"{_GUARD}-{port}"} & {*rule.split()}
        ]

    def remove(self, port: int) -> None:
        """Remove the jumps, then the chains."""
        if not self.remains(port):
            return
        chain = f"sshuttle-{port}"
        for jump in (("OUTPUT", "-j", chain), ("PREROUTING", "-j", chain)):
            self._iptables("nat", "-D", *jump)
        self._iptables("filter", "-D", *_jump(port))
        for table, name in (("nat", chain), ("filter", f"{_GUARD}-{port}")):
            self._iptables(table, "-F", name)
            self._iptables(table, "-X", name)

    def _first_flaw(self, *commands: Iterable[str]) -> str:
        for command in commands:
            answer = self._iptables("nat", *command)
            if answer.code:
                return answer.complaint if answer.errors else f"iptables ended with {answer.code}"
        return ""

    def _iptables(self, table: str, *command: str) -> Answer:
        return self.namespace.run("iptables", "-w", "-t", table, *command)


@dataclass(frozen=True)
class Nft:
    """Tables of nftables."""

    namespace: Namespace
    name = "nft"

    def flaw(self) -> str:
        """Let the kernel check sshuttle's rules without applying them."""
        answer = self.namespace.run(
            "nft",
            "--check",
            "--file",
            "-",
            text=f"""\
table inet {_GUARD}-try {{
    chain output {{
        type nat hook output priority -100; policy accept;
        fib daddr type local return
        meta l4proto tcp ip daddr 192.0.2.0/24 redirect to :1
    }}
}}
""",
        )
        return f"nft: {answer.errors.partition(chr(10))[0]}" if answer.code else ""

    def guard(self, port: int, interfaces: Sequence[str]) -> None:
        """Replace the table atomically."""
        table = f"inet {_GUARD}-{port}"
        names = ", ".join(f'"{name}"' for name in interfaces)
        text = f"""\
table {table} {{}}
delete table {table}
table {table} {{
    chain input {{
        type filter hook input priority -1; policy accept;
        tcp dport {port} iifname != {{ {names} }} drop
    }}
}}
"""
        _insist(self.namespace.run("nft", "--file", "-", text=text), "guard")

    def redirects(self, port: int) -> bool:
        """Tell whether its table exists."""
        return f"table inet sshuttle-ipv4-{port}" in self.remains(port)

    def remains(self, port: int) -> list[str]:
        """Return the existing tables."""
        tables = self.namespace.run("nft", "list", "tables").output.splitlines()
        return [table for table in _tables(port) if table in tables]

    def remove(self, port: int) -> None:
        """Remove the tables."""
        for table in self.remains(port):
            self.namespace.run("nft", "delete", *table.split())


def _jump(port: int) -> tuple[str, ...]:
    return ("INPUT", "-p", "tcp", "--dport", str(port), "-j", f"{_GUARD}-{port}")


def _tables(port: int) -> list[str]:
    return [f"table inet sshuttle-ipv4-{port}", f"table inet {_GUARD}-{port}"]


def _insist(answer: Answer, what: str) -> None:
    if answer.code:
        raise JobError(f"tunnel: {what}: {answer.reason}")
