"""Redirection: the choice of a method, and the rules given to iptables and nft."""

import pytest

from host.errors import JobError
from job.network.tunnel import redirection
from job.network.tunnel.redirection import Nat, Nft


def test_nat_is_preferred_and_tried_with_what_sshuttle_asks_for(programs, namespace):
    assert redirection.choose(namespace).name == "nat"
    tried = [" ".join(call) for call in programs.calls("iptables")]
    assert "-w -t nat -A devstack-tunnel-try -j REDIRECT -p tcp --to-ports 1" in tried
    assert tried[-1] == "-w -t nat -X devstack-tunnel-try"


def test_nft_is_taken_where_iptables_fails(programs, namespace):
    """iptables exits with 3 in a container without its kernel modules."""
    programs.put("iptables", "sys.exit(3)")
    programs.put("nft", "sys.exit(0)")
    assert redirection.choose(namespace).name == "nft"


@pytest.mark.parametrize("failing", ["-N", "REDIRECT", "addrtype"])
def test_one_missing_module_is_enough_to_refuse_nat(programs, namespace, failing):
    programs.put("iptables", f'sys.exit("no {failing}" if "{failing}" in words else 0)')
    # An existing chain is no flaw: an earlier run was killed.
    assert bool(Nat(namespace).flaw()) == (failing != "-N")


def test_without_any_method_each_flaw_is_said(programs, namespace):
    programs.put("iptables", 'print("Permission denied", file=sys.stderr); sys.exit(4)')
    with pytest.raises(JobError) as raised:
        redirection.choose(namespace)
    assert str(raised.value) == (
        "tunnel: no method works here: nat (Permission denied),"
        " nft (nft: nft: No such file or directory); run as root with iptables"
    )


def test_guard_admits_the_named_interfaces_and_drops_the_rest(programs, namespace):
    programs.put("iptables-restore", '(folder / "input").write_text(sys.stdin.read())')
    Nat(namespace).guard(20123, ["lo", "br-kind"])
    assert (programs.folder / "input").read_text() == (
        "*filter\n"
        ":devstack-tunnel-20123 - [0:0]\n"
        "-A devstack-tunnel-20123 -i lo -j ACCEPT\n"
        "-A devstack-tunnel-20123 -i br-kind -j ACCEPT\n"
        "-A devstack-tunnel-20123 -j DROP\n"
        "COMMIT\n"
    )
    jump = "INPUT -p tcp --dport 20123 -j devstack-tunnel-20123"
    assert " ".join(programs.calls("iptables")[-1]) == f"-w -t filter -I {jump}"


def test_guard_that_cannot_be_set_is_an_error(programs, namespace):
    """sshuttle must never run without the guard."""
    programs.put("nft", 'print("Error: no", file=sys.stderr); sys.exit(1)')
    with pytest.raises(JobError, match=r"tunnel: guard: Error: no \(exit 1\)"):
        Nft(namespace).guard(20123, ["lo"])


def test_only_own_rules_are_seen_and_removed(programs, namespace):
    """Another tunnel's port may begin with the same digits."""
    for name in ("sshuttle-2012", "sshuttle-20123", "devstack-tunnel-20123", "sshuttle-201234"):
        programs.put("iptables-restore", "")
        (programs.folder / "rules").mkdir(exist_ok=True)
        (programs.folder / "rules" / name).touch()
    Nat(namespace).remove(20123)
    assert programs.rules == ["sshuttle-2012", "sshuttle-201234"]
    assert Nat(namespace).remains(20123) == []


def test_only_own_tables_are_removed(programs, namespace):
    programs.put(
        "nft",
        'if words[0] == "list":\n'
        '    print("table inet sshuttle-ipv4-201234\\ntable inet sshuttle-ipv4-20123")',
    )
    Nft(namespace).remove(20123)
    assert programs.calls("nft")[-1] == ["delete", "table", "inet", "sshuttle-ipv4-20123"]
    assert sum(call[0] == "delete" for call in programs.calls("nft")) == 1
