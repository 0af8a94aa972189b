"""Redirection: sshuttle's two firewall methods, and a guard for the redirected port.

Packets of containers arrive on bridges, so sshuttle must listen on all addresses, and everybody who
reaches its port would be inside the private network. The guard admits only loopback and container
bridges. It drops rather than rejects: the first packet from a bridge that is newer than the guard's
last renewal is retransmitted a second later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from host.errors import JobError
from host.processes import Answer
from job.network.tunnel.namespace import Namespace

_GUARD = "devstack-tunnel"


@dataclass(frozen=True)
class Nat:
    """Chains of iptables."""

    namespace: Namespace
    name = "nat"

    def flaw(self) -> str:
        """Return why sshuttle's rules do not work in an unused chain; empty if they do."""
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
        """Let only packets from these interfaces reach a port. Atomic. Raises JobError."""
        chain = f"{_GUARD}-{port}"
        rules = [f"-A {chain} -i {name} -j ACCEPT" for name in interfaces]
        text = "\n".join(
            ["*filter", f":{chain} - [0:0]", *rules, f"-A {chain} -j DROP", "COMMIT", ""]
        )
        _insist(self.namespace.run("iptables-restore", "-w", "--noflush", text=text))
        jump = _jump(port)
        if self._iptables("filter", "-C", *jump).code:
            _insist(self._iptables("filter", "-I", *jump))

    def redirects(self, port: int) -> bool:
        """Tell whether sshuttle's own chain exists and is used."""
        rules = self._iptables("nat", "-S").output.splitlines()
        return f"-A OUTPUT -j sshuttle-{port}" in rules

    def remains(self, port: int) -> list[str]:
        """Return the existing rules that name sshuttle's chain or the guard's."""
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
        """Return why the kernel would refuse sshuttle's rules; empty if it takes them."""
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
        """Let only packets from these interfaces reach a port. Atomic. Raises JobError."""
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
        _insist(self.namespace.run("nft", "--file", "-", text=text))

    def redirects(self, port: int) -> bool:
        """Tell whether sshuttle's own table exists."""
        return f"table inet sshuttle-ipv4-{port}" in self.remains(port)

    def remains(self, port: int) -> list[str]:
        """Return the existing tables of sshuttle and of the guard."""
        tables = self.namespace.run("nft", "list", "tables").output.splitlines()
        ours = (f"table inet sshuttle-ipv4-{port}", f"table inet {_GUARD}-{port}")
        return [table for table in ours if table in tables]

    def remove(self, port: int) -> None:
        """Remove the tables."""
        for table in self.remains(port):
            self.namespace.run("nft", "delete", *table.split())


Method = Nat | Nft


def choose(namespace: Namespace) -> Method:
    """Return the first method that works. Raises JobError with the faults of each."""
    flaws = []
    methods: tuple[Method, ...] = (Nat(namespace), Nft(namespace))
    for method in methods:
        flaw = method.flaw()
        if not flaw:
            return method
        flaws.append(f"{method.name} ({flaw})")
    raise JobError(f"tunnel: no method works here: {', '.join(flaws)}; run as root with iptables")


def named(name: str, namespace: Namespace) -> Method:
    """Return the method that an earlier tunnel used."""
    return Nft(namespace) if name == Nft.name else Nat(namespace)


def _jump(port: int) -> tuple[str, ...]:
    return ("INPUT", "-p", "tcp", "--dport", str(port), "-j", f"{_GUARD}-{port}")


def _insist(answer: Answer) -> None:
    if answer.code:
        raise JobError(f"tunnel: guard: {answer.reason}")
