"""Host network: routing of floating addresses is set up once, after stack.sh and each reboot."""

import pytest

IP = r"""
echo "ip $*" >>"$FAKE_STATE/calls"
case "$*" in
  *"address show to 127.0.3.15") echo '2: ens4    inet 127.0.3.15/32 scope global ens4' ;;
  *"address show dev o-hm0") cat "$FAKE_STATE/o-hm0" 2>/dev/null || true ;;
esac
"""
IPTABLES = r"""
rule="${*/--append/--check}"; rule="${rule/--insert/--check}"
if [[ $* == *--check* ]]; then grep -qxF -- "$rule" "$FAKE_STATE/rules"; exit; fi
echo "$rule" >>"$FAKE_STATE/rules"
echo "iptables $*" >>"$FAKE_STATE/calls"
"""
NFT = r"""
case "$*" in
  'list table inet octavia') cat "$FAKE_STATE/table" 2>/dev/null ;;
  *) echo "nft $*" >>"$FAKE_STATE/calls" ;;
esac
"""
OCTAVIA = "[DEFAULT]\n[health_manager]\nbind_port = 5555\nbind_ip = 192.168.0.111\n"


@pytest.fixture
def node(controller):
    """A controller whose Open vSwitch is up and whose host network is not configured."""
    controller.fake("ip", IP)
    controller.fake("iptables", IPTABLES)
    controller.fake("nft", NFT)
    controller.fake("ovs-vsctl", "echo '\"fa:16:3e:00:00:01\"'")
    controller.write("etc/octavia/octavia.conf", OCTAVIA)
    (controller.bin / "rules").touch()
    controller.state("stage", "host network")
    return controller


def changes(node):
    return [call for call in node.calls() if " show " not in call]


def test_after_a_reboot_everything_is_restored(node):
    done = node.run("devstack-host-network")

    assert done.returncode == 0, done.stderr
    assert changes(node) == [
        "ip address replace 172.24.4.1/24 dev br-ex",
        "ip link set dev br-ex up",
        "iptables --wait --table nat --append POSTROUTING -o ens4 -s 172.24.4.0/24 -j MASQUERADE",
        "iptables --wait --table filter --insert FORWARD -i ens4 -j ACCEPT",
        "ip link set dev o-hm0 address fa:16:3e:00:00:01",
        "ip address replace 192.168.0.111/24 dev o-hm0",
        "ip link set dev o-hm0 up",
        "systemctl restart devstack@o-hm.service devstack@o-da.service",
    ]


def test_octavias_rules_of_an_empty_file_are_not_loaded(node):
    """A power failure may leave the file empty; loading it would drop all rules silently."""
    rules = node.write("var/lib/devstack-node/octavia.nft", "")
    (node.bin / "table").write_text("table inet octavia {}\n")

    node.run("devstack-host-network")

    assert rules.read_text() == "table inet octavia {}\n"
    assert not [call for call in node.calls() if call.startswith("nft ")]


def test_rules_that_are_there_are_not_added_again(node):
    """DevStack has added the first rule itself, and the script runs at every boot."""
    node.run("devstack-host-network")
    first = [call for call in node.calls() if call.startswith("iptables")]

    node.run("devstack-host-network")

    assert [call for call in node.calls() if call.startswith("iptables")] == first


def test_right_after_stack_sh_octavia_is_not_restarted(node):
    (node.bin / "o-hm0").write_text("9: o-hm0    inet 192.168.0.111/24 scope global o-hm0\n")

    node.run("devstack-host-network")

    assert not [call for call in node.calls() if call.startswith("systemctl")]


def test_octavias_own_table_of_rules_is_there_again_after_a_reboot(node):
    """It isolates the controller from amphorae, and nothing else restores it."""
    table = node.bin / "table"
    table.write_text("table inet octavia {\n}\n")
    node.run("devstack-host-network")
    saved = node.root / "var/lib/devstack-node/octavia.nft"
    assert saved.read_text() == "table inet octavia {\n}\n"

    node.run("devstack-host-network")
    table.unlink()
    node.run("devstack-host-network")

    assert [call for call in node.calls() if call.startswith("nft")] == [f"nft --file {saved}"]


def test_without_octavia_its_interface_is_not_touched(make_node):
    octavia = ("octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da")
    node = make_node("controller", disabled_services=octavia)
    node.fake("ip", IP)
    node.fake("iptables", IPTABLES)
    (node.bin / "rules").touch()

    assert node.run("devstack-host-network").returncode == 0

    assert not [call for call in node.calls() if "o-hm0" in call]


def test_an_address_that_no_interface_has_is_an_error(node):
    node.fake("ip", "true")

    done = node.run("devstack-host-network")

    assert done.returncode == 1
    assert "no interface has 127.0.3.15" in done.stderr
