"""The file of localConfFile: contradictions with the stack are refused by name and line."""

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stacks.decided import decided
from stacks.problems import SettingsError
from stacks.settings import Settings
from stacks.validation.local_conf_file import check

DECIDED = sorted(decided(Settings(stack="test", project="capo")).variables)


@pytest.fixture
def lines_of(refusals, tmp_path):
    """Return the refusal of a file with this text, without the part that all lines share."""

    def refuse(text, **settings):
        path = tmp_path / "extra.conf"
        path.write_text(text)
        lines = refusals(localConfFile=str(path), **settings)
        return [line.removeprefix("devstack:localConfFile: ") for line in lines]

    return refuse


def test_a_password_of_the_users_is_refused_without_showing_it(lines_of):
    """DevStack would use it, but clouds.yaml would have another one."""
    assert lines_of("LIBVIRT_TYPE=qemu\nADMIN_PASSWORD=hunter2\n") == [
        "line 2: it sets ADMIN_PASSWORD, which the stack decides; remove it"
    ]


def test_the_setting_that_decides_is_named(lines_of):
    assert lines_of("FLOATING_RANGE=172.25.0.0/24") == [
        (
            "line 1: it sets FLOATING_RANGE, which the stack decides; remove it, and set"
            " devstack:floatingCidr instead"
        )
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("export HOST_IP=1", 1),
        ("A=1; HOST_IP=1", 1),
        ("HOST_IP=${HOST_IP:-1}", 1),
        (": ${HOST_IP:=1}", 1),
        ("if true; then\n  HOST_IP=1\nfi", 2),
        ("[[post-config|$NOVA_CONF]]\n[DEFAULT]\na = b\n[[local|localrc]]\nHOST_IP=1", 5),
        ("A=1\n[[local|localrc]]\nB=2\n[[local|localrc]] # again\nHOST_IP=1", 5),
    ],
)
def test_a_decided_variable_is_found_in_every_section_of_localrc(lines_of, text, number):
    [line] = lines_of(text)

    assert line.startswith(f"line {number}: it sets HOST_IP, which the stack decides")


def test_what_devstack_does_not_read_sets_nothing(lines_of):
    assert lines_of("[[local|other]]\nHOST_IP=1\n[[post-config|$NOVA_CONF]]\nHOST_IP=1\n") == []


@pytest.mark.parametrize("group", ["post-config", "extra", "post-extra", "test-config"])
@pytest.mark.parametrize(
    ("option", "setting"),
    [
        ("'default_schedule_zone' in [DEFAULT] of $NOVA_CONF", "primaryAz"),
        ("'cpu_allocation_ratio' in [DEFAULT] of /etc/nova/nova.conf", "cpuAllocationRatio"),
        ("'cpu_allocation_ratio' in [DEFAULT] of $NOVA_CPU_CONF", "cpuAllocationRatio"),
        ("'storage_availability_zone' in [DEFAULT] of $CINDER_CONF", "primaryAz"),
        ("'dns_servers' in [ovn] of /$Q_PLUGIN_CONF_FILE", "dnsNameservers"),
    ],
)
def test_an_option_of_a_service_is_refused(lines_of, group, option, setting):
    name, _, section, _, file = option.split()
    name = name.strip("'")
    text = f"[[{group}|{file}]]\n[other]\n{name} = 1\n{section}\n{name}=1\n"

    assert lines_of(text) == [
        (
            f"line 5: it sets {option}, which the stack decides;"
            f" remove it, and set devstack:{setting} instead"
        )
    ]


def test_other_options_are_the_users(lines_of):
    assert lines_of("[[post-config|$NOVA_CONF]]\n[DEFAULT]\ndebug = True\n # x\n") == []


@pytest.mark.parametrize("text", ["A='", "if true; then", "A=(", "A=1\n)"])
def test_what_bash_cannot_parse_is_refused(lines_of, text):
    [line] = lines_of(text)

    assert ": bash cannot read it: " in line


def test_localrc_must_be_parsable_as_devstack_joins_it(lines_of):
    """bash reads all localrc sections as one text, and no other section."""
    joined = "if true; then A=1\n[[post-config|$NOVA_CONF]]\n'\n[[local|localrc]]\nfi"

    assert lines_of(joined) == []
    assert lines_of("A=1\n[[local|localrc]]\nfi")[0].startswith("line 3: bash cannot read it")


def test_a_test_that_devstack_takes_for_a_heading_is_refused(lines_of):
    """DevStack would drop everything after it."""
    [line] = lines_of("[[ -n $A || -n $B ]] && C=1\nD=1\n")

    assert line.startswith("line 1: '[[ -n $A || -n $B ]] && C=1' is a heading to DevStack")


@pytest.mark.parametrize("text", ["source /opt/more", 'eval "$A"', 'export "$A=1"'])
def test_a_command_that_may_set_anything_is_refused(lines_of, text):
    [line] = lines_of(text)

    assert "may set anything, such as what the stack decides" in line


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("disable_service c-vol", "it disables 'c-vol', which the stack runs"),
        ("enable_service q-dns -n-api", "it disables 'n-api', which the stack runs"),
        ("enable_service horizon", "it enables 'horizon', which the stack does not run"),
        ("disable_all_services", "it sets ENABLED_SERVICES, which the stack decides"),
        ("ENABLED_SERVICES+=,tempest", "it sets ENABLED_SERVICES, which the stack decides"),
        ("enable_plugin neutron https://host/neutron", "it enables the plugin 'neutron'"),
    ],
)
def test_services_and_plugins_of_the_stack_stay_as_they_are(lines_of, text, what):
    [line] = lines_of(text)

    assert line.startswith(f"line 1: {what}")


def test_services_and_plugins_of_the_users_are_welcome(lines_of):
    text = "enable_plugin manila https://host/manila master\nenable_service m-api m-sch\n"

    assert lines_of(text + "disable_service tempest\n") == []
    octavia = '["octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da"]'
    own = "enable_plugin octavia https://host/octavia"
    assert lines_of(own, disabledServices=octavia) == []


@pytest.mark.parametrize("name", DECIDED)
def test_every_decided_variable_is_refused_by_name(lines_of, name):
    [line] = lines_of(f"X=1\nexport {name}=1\n")

    assert line.startswith(f"line 2: it sets {name}, which the stack decides; remove it")


def test_all_problems_are_told_at_once(lines_of):
    lines = lines_of("HOST_IP=1\n[[extra|$NOVA_CONF]]\n[DEFAULT]\ncpu_allocation_ratio=1", mtu="1")

    assert [line.partition(": ")[0] for line in lines] == ["devstack:mtu", "line 4", "line 1"]


@examples(max_examples=30)
@given(st.text(max_size=80), st.sampled_from(DECIDED))
def test_any_text_is_accepted_or_refused_with_a_line(text, name):
    for extra in (text, f"{text}\n{name}=1"):
        settings = Settings(stack="test", project="capo", local_conf_extra=extra)
        for problem in check(settings):
            assert str(problem).startswith("devstack:localConfFile: line ")
            assert str(SettingsError([problem]))
