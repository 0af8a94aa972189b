"""Decided: variables that a person's local.conf must not set, each with the setting behind it."""

import dataclasses

import pytest

from stacks.credentials import Credentials
from stacks.decided import SETTING_OF, configuration_file, decided
from stacks.local_conf import local_conf
from stacks.settings import Settings

BASE = Settings(
    stack="ci", project="p", neutron_ref="n", project_refs=("nova=a",), disabled_services=("q-dns",)
)


def written(settings: Settings) -> dict[str, str]:
    """The variables and options by name, with the values that both roles write."""
    found: dict[str, str] = {}
    for role in ("controller", "worker"):
        conf = local_conf(settings, role, Credentials.placeholder())
        in_files = [
            option
            for in_file in conf.files.values()
            for in_section in in_file.values()
            for option in in_section.items()
        ]
        disabled = ",".join(conf.disabled_services)
        for name, value in [*conf.variables.items(), *in_files, ("DISABLED_SERVICES", disabled)]:
            found[name] = found.get(name, "") + value
    return found


def changed(field: dataclasses.Field[object]) -> Settings:
    """Return settings in which one field has another value."""
    value = getattr(BASE, field.name)
    if field.name == "project_refs":
        return dataclasses.replace(BASE, project_refs=("nova=b",))
    if field.name == "amphora_image_url" or isinstance(value, str):
        return dataclasses.replace(BASE, **{field.name: f"{value}2"})
    if isinstance(value, bool):
        return dataclasses.replace(BASE, **{field.name: not value})
    if isinstance(value, tuple):
        return dataclasses.replace(BASE, **{field.name: (*value, "more")})
    return dataclasses.replace(BASE, **{field.name: value + 1})


def test_a_remedy_names_a_setting_that_decides_it_and_none_is_missing():
    before = written(BASE)
    deciding: dict[str, set[str]] = {}
    for field in dataclasses.fields(Settings):
        if "doc" in field.metadata:
            after = written(changed(field))
            for name in after:
                if after[name] != before.get(name):
                    deciding.setdefault(name, set()).add(field.name)

    named = {name: SETTING_OF.get(name) for name in deciding}
    assert {name: named[name] in fields for name, fields in deciding.items()} == dict.fromkeys(
        deciding, True
    )


def test_both_roles_decide_also_without_a_worker():
    """The person's file reaches the controller, where SERVICE_HOST would move the APIs."""
    alone = decided(dataclasses.replace(BASE, worker=False))

    assert {"HOST_IP", "SERVICE_HOST", "ADMIN_PASSWORD", "ENABLED_SERVICES"} <= alone.variables
    assert alone == decided(BASE)


def test_what_is_not_written_is_not_decided():
    """For instance, a person may set a branch as long as no setting names it."""
    assert "NOVA_BRANCH" in decided(BASE).variables
    assert "NOVA_BRANCH" not in decided(dataclasses.replace(BASE, project_refs=())).variables


def test_tuning_is_not_decided():
    assert not {"ENABLE_ZSWAP", "OVN_DBS_LOG_LEVEL"} & decided(BASE).variables


def test_settings_that_are_refused_elsewhere_decide_all_the_same():
    assert decided(dataclasses.replace(BASE, project_refs=("nove=x",))).variables


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("$NOVA_CONF", "/etc/nova/nova.conf"),
        ('"${NOVA_CONF}"', "/etc/nova/nova.conf"),
        ("$NOVA_CONF_DIR/nova.conf", "/etc/nova/nova.conf"),
        ("/etc/nova/nova.conf", "/etc/nova/nova.conf"),
        ("$NOVA_CPU_CONF", "/etc/nova/nova.conf"),
        ("/etc/nova/nova-cpu.conf", "/etc/nova/nova.conf"),
        ("/$Q_PLUGIN_CONF_FILE", "/etc/neutron/plugins/ml2/ml2_conf.ini"),
        ("//etc//neutron/neutron.conf", "/etc/neutron/neutron.conf"),
        ("$OCTAVIA_CONF", "/$OCTAVIA_CONF"),
    ],
)
def test_a_file_is_the_same_under_every_name(name, path):
    assert configuration_file(name) == path
