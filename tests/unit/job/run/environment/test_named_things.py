"""Named things: names that the cloud will not have are refused, with those that it will have."""

from pathlib import Path

import pytest

from job.run.environment import named_things
from job.run.environment.variables import OTHER_PLATFORMS
from stacks.cloud_names import FLAVORS, VOLUME_TYPE, volume_types
from stacks.e2e_variables import e2e_variables

CONF = Path("/capo/e2e_conf.yaml")


@pytest.fixture
def find(make_settings):
    """Return the problems of an environment, or of variables in the suite's configuration."""

    def look(kind="e2e", in_conf=(), settings=(), **given):
        made = make_settings(**dict(settings))
        return list(named_things.find(given, dict(in_conf), CONF, made, kind))

    return look


@pytest.mark.parametrize(
    "name",
    [
        "OPENSTACK_CONTROL_PLANE_MACHINE_FLAVOR",
        "OPENSTACK_NODE_MACHINE_FLAVOR",
        "OPENSTACK_BASTION_MACHINE_FLAVOR",
        "OPENSTACK_BASTION_MACHINE_FLAVOR_ALT",
        "OPENSTACK_BASTION_FLAVOR",
    ],
)
def test_a_flavor_that_the_cloud_will_not_have_is_refused(find, name):
    [line] = find(**{name: "m1.smal"})

    assert line == (
        f"{name}: the cloud will have no flavor 'm1.smal'; did you mean 'm1.small'? It will have"
        f" {', '.join(FLAVORS)}"
    )


def test_a_name_like_none_is_refused_with_the_nearest_all_the_same(find):
    [line] = find(OPENSTACK_NODE_MACHINE_FLAVOR="no-such-flavor")

    assert "no flavor 'no-such-flavor'; did you mean '" in line


@pytest.mark.parametrize("flavor", FLAVORS)
def test_every_flavor_of_the_cloud_may_be_chosen(find, flavor):
    """Flavors that DevStack itself creates are included."""
    assert find(OPENSTACK_NODE_MACHINE_FLAVOR=flavor) == []


def test_a_volume_type_that_the_cloud_will_not_have_is_refused(find):
    [line] = find(OPENSTACK_VOLUME_TYPE_ALT="fast")

    assert line.startswith("OPENSTACK_VOLUME_TYPE_ALT: the cloud will have no volume type 'fast'")
    for each in (VOLUME_TYPE, "lvmdriver-1"):
        assert find(OPENSTACK_VOLUME_TYPE_ALT=each) == []


@pytest.fixture
def local_conf(tmp_path):
    """Return settings with a user's local.conf."""

    def write(text):
        file = tmp_path / "local.conf"
        file.write_text(text)
        return {"localConfFile": str(file)}

    return write


def test_volume_types_are_those_of_the_backends_in_the_users_local_conf(find, local_conf):
    settings = local_conf("CINDER_ENABLED_BACKENDS=nfs:shared\n")

    assert find(settings=settings, OPENSTACK_VOLUME_TYPE_ALT="shared") == []
    [line] = find(settings=settings, OPENSTACK_VOLUME_TYPE_ALT="lvmdriver-1")
    assert line.endswith(f"It will have {VOLUME_TYPE}, shared")


def test_where_the_volume_types_are_not_known_none_is_refused(find, local_conf):
    settings = local_conf("CINDER_ENABLED_BACKENDS+=,nfs:shared\n")

    assert find(settings=settings, OPENSTACK_VOLUME_TYPE_ALT="shared") == []


def test_the_suites_configuration_is_looked_at_below_the_environment(find):
    in_conf = {"OPENSTACK_NODE_MACHINE_FLAVOR": "m2.huge", "OPENSTACK_CLOUD": "overridden"}

    [line] = find(in_conf=in_conf)
    assert line.startswith(f"OPENSTACK_NODE_MACHINE_FLAVOR in {CONF}: the cloud will have no")
    assert find(in_conf=in_conf, OPENSTACK_NODE_MACHINE_FLAVOR="m1.tiny") == []


@pytest.mark.parametrize(
    "name",
    [
        "OPENSTACK_CLOUD",
        "OPENSTACK_CLOUD_ADMIN",
        "OPENSTACK_EXTERNAL_NETWORK_NAME",
        "OPENSTACK_FAILURE_DOMAIN",
        "OPENSTACK_FAILURE_DOMAIN_ALT",
        "E2E_IMAGE_URL",
    ],
)
def test_of_other_things_the_cloud_has_one(find, settings, name):
    true = e2e_variables(settings)[name]

    assert find(**{name: true}) == []
    assert find(**{name: "other"}) == [
        f"{name}: 'other' is not what the cloud has; unset it, or use '{true}'"
    ]


def test_a_second_az_is_refused_where_there_is_no_worker(find):
    assert find(settings={"worker": "false"}, OPENSTACK_FAILURE_DOMAIN_ALT="testaz2") == [
        "OPENSTACK_FAILURE_DOMAIN_ALT: 'testaz2' is not what the cloud has; unset it"
    ]
    assert find(in_conf={"OPENSTACK_FAILURE_DOMAIN_ALT": "x"}, settings={"worker": "false"}) == []


@pytest.mark.parametrize(
    "name",
    [
        "E2E_IMAGE_URL",
        "OPENSTACK_FAILURE_DOMAIN_ALT",
        "OPENSTACK_VOLUME_TYPE_ALT",
        "OPENSTACK_BASTION_MACHINE_FLAVOR_ALT",
    ],
)
def test_what_the_conformance_tests_do_not_use_is_not_looked_at(find, name):
    assert find("conformance", **{name: "other"}) == []


@pytest.mark.parametrize(
    "name", ["OPENSTACK_IMAGE_NAME", "OPENSTACK_SSH_KEY_NAME", *OTHER_PLATFORMS["openstack"]]
)
def test_what_the_suite_makes_or_nobody_reads_may_have_any_name(find, name):
    assert find(**{name: "anything"}) == []


def test_every_variable_of_the_stack_that_names_a_flavor_or_type_is_known_as_a_choice(settings):
    values = {*FLAVORS, *volume_types(settings)}

    for name, value in e2e_variables(settings).items():
        assert named_things.is_a_choice(name) == (value in values), name
