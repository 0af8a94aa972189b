"""Host: a node on a machine that passes all checks, with a stand-in DevStack in a repository."""

import importlib.util
import marshal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import yaml

from stacks.credentials import Credentials
from stacks.settings import Settings
from stacks.user_data import render
from tests.patience import PATIENCE_S

if TYPE_CHECKING:
    from tests.nodes.conftest import Node

STACK_USER = '#!/bin/bash\necho "create-stack-user $HOST_IP" >>"$FAKE_STATE/calls"\n'
STACK_SH = """#!/bin/bash
cd "$(dirname "$0")"
source <(sed '/^\\[\\[post-config/,$d; /^\\[\\[/d; /^enable_plugin/d' local.conf)
echo "stack.sh on $HOST_IP with $ENABLED_SERVICES" >>"$FAKE_STATE/calls"
mkdir -p ../logs "$DEVSTACK_NODE_ROOT"/etc/{openstack,nova}
mkdir -p ../async
chmod 0755 ../logs ../async "$DEVSTACK_NODE_ROOT/etc/nova"
touch ../logs/stack.sh.log "$DEVSTACK_NODE_ROOT/etc/openstack/clouds.yaml"
"""
# Without owners: there is no user stack here, and the tests need not run as root.
INSTALL = """
words=()
for word in "$@"; do [[ $word == --owner=* || $word == --group=* ]] || words+=("$word"); done
exec /usr/bin/install "${words[@]}"
"""


@cache
def _bytecode(source: str) -> bytes:
    """Return a module's .pyc file, which Python loads without checking the source.

    The node's Python writes no bytecode, so without it each of the thousand programs that these
    tests start would compile all of its imports.
    """
    code = compile(source, "a module of the node", "exec", dont_inherit=True)
    flags, no_hash = (1).to_bytes(4, "little"), bytes(8)  # hash-based, but unchecked
    return importlib.util.MAGIC_NUMBER + flags + no_hash + marshal.dumps(code)


def lay_out(root: Path, role: str, credentials: Credentials, **settings: object) -> None:
    """Write the files of a role's rendered user data below a root, as cloud-init does."""
    addresses = {"controller_ip": "127.0.3.15", "worker_ip": "127.0.3.16"}
    values = {"stack": "ci", "project": "test", "node_deadline_s": 1, **addresses, **settings}
    document = yaml.load(render(Settings(**values), role, credentials), yaml.CSafeLoader)
    for entry in document["write_files"]:
        path = root / entry["path"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(entry["content"])
        path.chmod(int(entry["permissions"], 8))
        if path.suffix == ".py":
            compiled = (
                path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc"
            )
            compiled.parent.mkdir(exist_ok=True)
            compiled.write_bytes(_bytecode(entry["content"]))


def make(
    make_node: Callable[..., "Node"],
    clouds: SimpleNamespace,
    folder: Path,
    role: str,
    stack_sh: str = STACK_SH,
    **settings: object,
) -> "Node":
    """Make the node, and in the folder a git base with `stack_sh` as DevStack."""
    repository = folder / "git/openstack/devstack"
    for name, text in (("stack.sh", stack_sh), ("tools/create-stack-user.sh", STACK_USER)):
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    git = ("git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@localhost")
    for words in (("init", "-qb", "stable/2025.2"), ("add", "."), ("commit", "-qm", "x")):
        subprocess.run([*git, *words], check=True)
    settings = {"git_base": f"file://{folder}/git", "node_deadline_s": PATIENCE_S, **settings}
    node = make_node(role, **settings)
    node.write("dev/kvm", "")
    node.write("etc/os-release", 'ID=ubuntu\nVERSION_ID="22.04"\n')
    node.write("etc/httpd/conf.d/README", "")
    node.write("proc/net/udp", clouds.udp)
    node.fake("install", INSTALL)
    node.fake("findmnt", "echo 0:99")
    node.fake("devstack-host-network", 'echo "host network" >>"$FAKE_STATE/calls"')
    # The pauses between retries give a network time to recover; no test needs them.
    node.fake("sleep", "exit 0")
    cloud = clouds.fresh()
    node.cloud = clouds.add_worker(cloud) if role == "worker" else cloud
    return node
