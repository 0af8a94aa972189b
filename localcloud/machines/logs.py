"""Logs: a simulated node's answer to `devstack-logs`, with few files under the real names."""

import io
import json
import tarfile
import time

from localcloud.machines.node_status import NodeStatus


def archive(status: NodeStatus) -> bytes:
    """Return a tar.gz with the node's state, and with a log that says that nothing was built."""
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
