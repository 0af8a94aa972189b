"""Logs: what a simulated node answers to `devstack-logs`: little, under the real names."""

import io
import json
import tarfile
import time

from localcloud.machines.node_status import NodeStatus


def archive(status: NodeStatus) -> bytes:
    """A tar.gz of the node's state and of a log that says what it is."""
    state = status.look()
    files = {
        "state.json": json.dumps(state),
        "stack.sh.log": f"a simulated node builds nothing\n{state['error']}\n",
        "collected.txt": "",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(text.encode()), int(time.time())
            packed.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()
