"""Cloud names: the list in stacks/ matches the constants of the nodes' own programs."""

import ast
from pathlib import Path

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
    assert cloud_names.VOLUME_TYPE in cloud_names.VOLUME_TYPES


def test_no_name_is_there_twice():
    assert len(cloud_names.FLAVORS) == len(set(cloud_names.FLAVORS))
