"""Cloud names: the list in stacks/ matches the constants of the nodes' own programs."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from host.folders import CHECKOUT
from stacks import cloud_names

_POSTCONFIG = "rootfs/usr/local/lib/devstack-node/devstack_controller/postconfig.py"


def constants(path: Path) -> dict[str, object]:
    """Return the literals of a module that runs on a node, where stacks/ is not available."""
    found: dict[str, object] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def test_flavors_and_volume_type_are_those_of_the_post_configuration():
    made = constants(CHECKOUT / "cloudinit/controller" / _POSTCONFIG)

    assert tuple(made["FLAVORS"]) == cloud_names.OUR_FLAVORS
    assert made["VOLUME_TYPE"] == cloud_names.VOLUME_TYPE


def test_no_name_is_there_twice():
    assert len(cloud_names.FLAVORS) == len(set(cloud_names.FLAVORS))


@pytest.mark.parametrize(
    ("local_conf", "types"),
    [
        ("", ("lvmdriver-1",)),
        ("CINDER_ENABLED_BACKENDS=nfs:a", ("a",)),
        ("  CINDER_ENABLED_BACKENDS='lvm:a,nfs:b-2'  # both", ("a", "b-2")),
        ("# CINDER_ENABLED_BACKENDS=nfs:a", ("lvmdriver-1",)),
        ("[[post-config|$CINDER_CONF]]\nCINDER_ENABLED_BACKENDS=nfs:a", ("lvmdriver-1",)),
    ],
)
def test_each_backend_has_a_volume_type(settings, local_conf, types):
    found = cloud_names.volume_types(replace(settings, local_conf_extra=local_conf))

    assert found == (cloud_names.VOLUME_TYPE, *types)


@pytest.mark.parametrize(
    "local_conf",
    [
        "CINDER_ENABLED_BACKENDS+=,nfs:a",
        "CINDER_ENABLED_BACKENDS=$MINE",
        "CINDER_ENABLED_BACKENDS=nfs:a\nCINDER_ENABLED_BACKENDS=nfs:b",
        "if true; then CINDER_ENABLED_BACKENDS=nfs:a; fi",
    ],
)
def test_backends_that_only_bash_knows_have_no_known_types(settings, local_conf):
    assert cloud_names.volume_types(replace(settings, local_conf_extra=local_conf)) == ()
