"""Entry: `devstack-node COMMAND …`, for the node's own scripts and units."""

import importlib
import sys

from devstack_node import failure, node

_MODULES = {
    "autopsy": "devstack_node.autopsy",
    "await-controller": "devstack_worker.await_controller",
    "commits": "devstack_node.commits",
    "databases": "devstack_controller.databases",
    "logs": "devstack_node.logs",
    "postconfig": "devstack_controller.postconfig",
    "ready": "devstack_node.ready",
    "register-worker": "devstack_controller.register",
    "seal": "devstack_node.seal",
    "smoke-test": "devstack_controller.smoke",
    "state": "devstack_node.state",
    "status": "devstack_node.status",
    "unseal": "devstack_node.unseal",
}

command = "".join(sys.argv[1:2])
if command not in _MODULES:
    sys.exit(f"usage: devstack-node {'|'.join(_MODULES)} …")
try:
    status = importlib.import_module(_MODULES[command]).main(sys.argv[2:])
except RuntimeError as error:
    # The last line of a log is what the node's state quotes.
    node.say(failure.mask(f"[ERROR] {command}: {error}"))
    status = 1
sys.exit(status)
