"""Entry: `devstack-node COMMAND …`, for the node's own scripts and units."""

import importlib
import sys

_MODULES = {
    "await-controller": "devstack_worker.await_controller",
    "commits": "devstack_node.commits",
    "logs": "devstack_node.logs",
    "postconfig": "devstack_controller.postconfig",
    "ready": "devstack_node.ready",
    "register-worker": "devstack_controller.register",
    "smoke-test": "devstack_controller.smoke",
    "state": "devstack_node.state",
    "status": "devstack_node.status",
}

command = "".join(sys.argv[1:2])
if command not in _MODULES:
    sys.exit(f"usage: devstack-node {'|'.join(_MODULES)} …")
sys.exit(importlib.import_module(_MODULES[command]).main(sys.argv[2:]))
