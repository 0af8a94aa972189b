#!/usr/bin/env python3
"""Bounded runc: runc for a host whose root lacks capabilities.

Docker gives a privileged container, such as a node of kind, every capability that the kernel knows.
If this process may never have one of them, runc refuses to start the container. This program takes
those out of the container's configuration, then becomes runc with the same arguments.
"""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

# By number, from linux/capability.h.
_NAMES = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"),
    *("SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW"),
    *("IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT"),
    *("SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD"),
    *("LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG"),
    *("WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"),
)


def main(arguments: list[str]) -> None:
    """Bound the configuration that the arguments name, and become runc."""
    # `create --bundle FOLDER`, or `exec --process FILE`.
    for option, following in pairwise(arguments):
        if option == "--bundle":
            _bound(Path(following, "config.json"), "process")
        elif option == "--process":
            _bound(Path(following))
    os.execvp("runc", ["runc", *arguments])  # noqa: S606 - there is no shell; runc is on PATH


def _bound(path: Path, key: str = "") -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    process = document[key] if key else document
    status = Path("/proc/self/status").read_text(encoding="ascii")
    mask = int(status.partition("CapBnd:")[2].split()[0], 16)
    allowed = {f"CAP_{name}" for number, name in enumerate(_NAMES) if mask & 1 << number}
    for kind, names in (process.get("capabilities") or {}).items():
        process["capabilities"][kind] = [name for name in names if name in allowed]
    path.write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
