"""local.conf: as DevStack itself reads it, for both roles."""

import dataclasses
import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stacks.credentials import Credentials
from stacks.local_conf import BRANCH_VARIABLES, local_conf
from stacks.platforms import RELEASES
from stacks.settings import Settings

ROLES = ("controller", "worker")
DEAD = (
    *("SERVICE_TOKEN", "PUBLIC_BRIDGE_MTU", "GLANCE_HOSTPORT", "DISABLED_SERVICES", "q-fake"),
    *("query_placement_for_availability_zone", "service_plugins"),
)
"""Variables of today's user data that every supported release ignores or overwrites."""

REDUNDANT = ("Q_AGENT", "Q_ML2_PLUGIN_MECHANISM_DRIVERS", "OVN_L3_CREATE_PUBLIC_NETWORK")

CREDENTIALS = Credentials(
    **{field.name: f"{field.name.replace('_', '')}1" for field in dataclasses.fields(Credentials)}
)


def settings(**values: object) -> Settings:
    return Settings(stack="ci", project="test", **values)


def text(role: str, **values: object) -> str:
    return local_conf(settings(**values), role, CREDENTIALS).text()


def localrc(conf: str) -> dict[str, str]:
    """Return the variables after bash has read the localrc sections."""
    sections = re.split(r"^\[\[(.*)\]\]$", conf, flags=re.MULTILINE)[1:]
    pairs = zip(sections[::2], sections[1::2], strict=True)
    script = "".join(body for name, body in pairs if name == "local|localrc")
    functions = "enable_plugin() { :; }\ndisable_service() { :; }\n"
    done = subprocess.run(
        ["bash", "-c", f"{functions}set -a\n{script}\nenv -0"],
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    return dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", [*DEAD, *REDUNDANT])
def test_nothing_dead_or_redundant_is_carried_over(role, name):
    assert name not in text(role, horizon=True)


def test_every_live_value_is_there_on_the_controller():
    """The table lists what today's user data sets."""
    found = localrc(text("controller", release="2026.1"))

    expected = {
        "GIT_BASE": "https://github.com",
        "GIT_TIMEOUT": "300",
        "HOST_IP": "10.0.3.15",
        "SERVICE_TIMEOUT": "240",
        "FLOATING_RANGE": "172.24.4.0/24",
        "IPV4_ADDRS_SAFE_TO_USE": "10.1.0.0/20",
        "LOGFILE": "/opt/stack/logs/stack.sh.log",
        "VERBOSE": "True",
        "LOG_COLOR": "False",
        "ENABLE_SYSCTL_MEM_TUNING": "True",
        "ENABLE_SYSCTL_NET_TUNING": "True",
        "OVN_DBS_LOG_LEVEL": "dbg",
        "OVN_BUILD_FROM_SOURCE": "True",
        "OVN_BRANCH": "branch-24.03",
        "OVS_BRANCH": "branch-3.3",
        "ENABLE_CHASSIS_AS_GW": "True",
        "VOLUME_BACKING_FILE_SIZE": "100G",
        "DOWNLOAD_DEFAULT_IMAGES": "False",
        "GLANCE_LIMIT_IMAGE_SIZE_TOTAL": "20000",
        "ADMIN_PASSWORD": "adminpassword1",
        "DATABASE_PASSWORD": "databasepassword1",
        "RABBIT_PASSWORD": "rabbitpassword1",
        "SERVICE_PASSWORD": "servicepassword1",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["IMAGE_URLS"].endswith("/amphora-x64-haproxy.qcow2")
    assert found["ENABLE_ZSWAP"] in {"True", "False"}


def test_the_worker_points_at_the_controller():
    found = localrc(text("worker", controller_ip="10.0.3.77"))

    names = ("SERVICE_HOST", "RABBIT_HOST", "DATABASE_HOST")
    assert {found[name] for name in names} == {"10.0.3.77"}
    assert (found["HOST_IP"], found["DATABASE_TYPE"]) == ("10.0.3.16", "mysql")


def test_exactly_one_node_is_a_gateway_chassis():
    """Packets of floating addresses leave through the controller."""
    found = {role: localrc(text(role))["ENABLE_CHASSIS_AS_GW"] for role in ROLES}

    assert found == {"controller": "True", "worker": "False"}


def test_what_both_must_agree_on_is_equal():
    values = {"ovs_branch": "branch-3.5", "git_base": "https://git.example", "mtu": 1500}
    both = [localrc(text(role, project_refs=("nova=abc",), **values)) for role in ROLES]

    for name in (
        *("GIT_BASE", "OVN_BRANCH", "OVS_BRANCH", "OVN_BUILD_FROM_SOURCE", "NOVA_BRANCH"),
        *("ADMIN_PASSWORD", "DATABASE_PASSWORD", "RABBIT_PASSWORD", "SERVICE_PASSWORD"),
        *("SERVICE_TIMEOUT", "VOLUME_BACKING_FILE_SIZE"),
    ):
        assert both[0][name] == both[1][name], name


def test_distribution_packages_of_ovn_have_no_branch():
    conf = text("controller", ovn_from_source=False)

    assert localrc(conf)["OVN_BUILD_FROM_SOURCE"] == "False"
    assert "_BRANCH" not in conf


def plugins(role: str, **values: object) -> list[str]:
    lines = text(role, **values).splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith("enable_plugin")]


def test_plugins_come_from_the_release_unless_a_ref_is_given():
    base = "https://github.com/openstack"

    found = plugins("controller", release="2026.1", horizon=True, octavia_ref="0123abc")

    assert found == [
        f"neutron {base}/neutron stable/2026.1",
        f"octavia {base}/octavia 0123abc",
        f"octavia-dashboard {base}/octavia-dashboard stable/2026.1",
    ]


def test_the_dashboard_plugin_comes_with_horizon_only():
    assert not any("dashboard" in plugin for plugin in plugins("controller"))


def test_the_worker_waits_by_a_plugin_of_its_own():
    assert plugins("worker")[-1] == (
        "await-controller file:///opt/stack/local-plugins/await-controller main"
    )


def test_a_ref_of_neutron_is_that_of_the_plugin_and_of_the_project():
    """DevStack clones Neutron once, for the plugin, and then uses that clone."""
    conf = text("worker", neutron_ref="deadbeef")

    assert localrc(conf)["NEUTRON_BRANCH"] == "deadbeef"
    assert "openstack/neutron deadbeef\n" in conf


def test_disabled_services_are_gone_and_stay_gone():
    """`disable_service` also stops plugins from enabling them later."""
    octavia = ("octavia", "o-api", "o-cw", "o-hm", "o-hk", "o-da")
    conf = text("controller", disabled_services=octavia)

    assert not set(octavia) & set(localrc(conf)["ENABLED_SERVICES"].split(","))
    assert [f"disable_service {name}" in conf.splitlines() for name in octavia] == [True] * 6
    assert "enable_plugin octavia" not in conf
    # DevStack would download an image that nothing uses.
    assert localrc(conf)["IMAGE_URLS"] == ""


@pytest.mark.parametrize(
    ("role", "file", "section", "option"),
    [
        ("controller", "$NOVA_CONF", "DEFAULT", "cpu_allocation_ratio = 2.0"),
        ("controller", "$NOVA_CONF", "DEFAULT", "default_schedule_zone = az-a"),
        ("controller", "$NOVA_CONF", "workarounds", "disable_deep_image_inspection = True"),
        ("controller", "$CINDER_CONF", "DEFAULT", "storage_availability_zone = az-a"),
        ("controller", "$NEUTRON_CONF", "DEFAULT", "global_physnet_mtu = 8896"),
        ("controller", "/$Q_PLUGIN_CONF_FILE", "ovn", "dns_servers = 1.1.1.1,9.9.9.9"),
        ("worker", "$NOVA_CONF", "DEFAULT", "cpu_allocation_ratio = 2.0"),
        ("worker", "$NOVA_CONF", "workarounds", "disable_deep_image_inspection = True"),
        ("worker", "$CINDER_CONF", "DEFAULT", "storage_availability_zone = az-b"),
    ],
)
def test_service_configuration_reaches_its_file_with_names_unexpanded(role, file, section, option):
    """DevStack itself expands the file's name, and merges by section."""
    zones = {"primary_az": "az-a", "secondary_az": "az-b"}
    conf = text(role, mtu=8896, dns_nameservers=("1.1.1.1", "9.9.9.9"), **zones)

    body = conf.partition(f"[[post-config|{file}]]\n")[2].partition("\n[[")[0]
    assert option in body.partition(f"[{section}]\n")[2].partition("\n[")[0].splitlines()


def test_a_schedule_zone_is_for_the_api_only():
    assert "default_schedule_zone" not in text("worker")


@pytest.mark.parametrize("role", ROLES)
def test_an_overlay_is_appended_as_it_is(role):
    """It may set variables and open sections of its own."""
    overlay = "LIBVIRT_TYPE=qemu\nX='${NOT}{{ OURS }}'\n[[post-config|$NOVA_CONF]]\n[a]\nb = $c\n"

    conf = text(role, local_conf_extra=overlay)

    assert conf.endswith(f"\n[[local|localrc]]\n{overlay}")
    assert localrc(conf)["LIBVIRT_TYPE"] == "qemu"


@examples(max_examples=25)
@given(password=st.text(alphabet="abcXYZ0189", min_size=1, max_size=40))
def test_a_password_arrives_in_bash_byte_for_byte(password):
    credentials = dataclasses.replace(CREDENTIALS, admin_password=password)

    conf = local_conf(settings(), "worker", credentials).text()

    assert localrc(conf)["ADMIN_PASSWORD"] == password


@pytest.mark.parametrize("password", ["", "a b", "a'b", "$HOME", "a/b", "a@b", "ü"])
def test_a_password_that_devstack_would_break_is_refused_without_showing_it(password):
    credentials = dataclasses.replace(CREDENTIALS, rabbit_password=password)

    with pytest.raises(ValueError, match="RABBIT_PASSWORD: only letters and digits") as caught:
        local_conf(settings(), "controller", credentials)

    assert not password or password not in str(caught.value)


READ_BY_DEVSTACK = """
    ADMIN_PASSWORD CINDER_BRANCH DATABASE_HOST DATABASE_PASSWORD DATABASE_TYPE
    DOWNLOAD_DEFAULT_IMAGES ENABLED_SERVICES ENABLE_CHASSIS_AS_GW ENABLE_SYSCTL_MEM_TUNING
    ENABLE_SYSCTL_NET_TUNING ENABLE_ZSWAP FLOATING_RANGE GIT_BASE GIT_TIMEOUT GLANCE_BRANCH
    GLANCE_LIMIT_IMAGE_SIZE_TOTAL HORIZON_BRANCH HOST_IP IMAGE_URLS IPV4_ADDRS_SAFE_TO_USE
    KEYSTONE_BRANCH LOGFILE LOG_COLOR NEUTRON_BRANCH NOVA_BRANCH NOVNC_BRANCH OVN_BRANCH
    OVN_BUILD_FROM_SOURCE OVN_DBS_LOG_LEVEL OVS_BRANCH PLACEMENT_BRANCH RABBIT_HOST
    RABBIT_PASSWORD REQUIREMENTS_BRANCH SERVICE_HOST SERVICE_PASSWORD SERVICE_TIMEOUT SWIFT_BRANCH
    TEMPEST_BRANCH VERBOSE VOLUME_BACKING_FILE_SIZE
"""
"""Variables in each supported release's sources, as `$NAME`, `${NAME` or in `trueorfalse`."""


def test_only_variables_that_devstack_reads_are_set():
    """If DEVSTACK_SOURCES has RELEASE/devstack, the list itself is checked against the sources."""
    listed = READ_BY_DEVSTACK.split()
    refs = tuple(f"{project}=main" for project in BRANCH_VARIABLES)
    confs = [text(role, neutron_ref="main", project_refs=refs) for role in ROLES]
    sources = os.environ.get("DEVSTACK_SOURCES")
    trees = [Path(sources) / release / "devstack" for release in RELEASES] if sources else []

    names = {name for conf in confs for name in re.findall(r"^([A-Z_0-9]+)=", conf, re.MULTILINE)}
    unread = [
        (tree, name)
        for tree in trees
        for name in listed
        if subprocess.run(
            ["grep", "-rqE", rf"\$\{{?{name}\b|trueorfalse \w+ {name}\b", str(tree)], check=False
        ).returncode
    ]

    assert names == set(listed)
    assert unread == []
