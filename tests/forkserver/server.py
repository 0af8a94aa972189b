"""Server: imports the packages of the program and of the plugins once, and forks for each run.

Run as `python server.py HANDLE`, where HANDLE is the descriptor of a listening socket. Its path
holds nothing of a checkout, so that a fork reads the code that it is asked to run. It ends when its
standard input ends.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

# Pulumi's packages load their modules when a first name is asked of them.
_PACKAGES = (
    "asyncssh",
    "google.auth.transport.requests",
    "googleapiclient.discovery",
    "grpc",
    "jinja2",
    "pip._internal.commands.list",
    "pulumi",
    "pulumi_command.local:Command",
    "pulumi_gcp.compute:Instance",
    "yaml",
)


def serve(listener: socket.socket) -> dict[str, Any] | None:
    """Fork for each request. Return it in the fork, and None in the server when it ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([0, listener], [], [])
        if 0 in ready:
            return None
        client, _ = listener.accept()
        _import_packages()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _mind(client)
        client.close()


@cache
def _import_packages() -> None:
    for name in _PACKAGES:
        resolve_name(name)
    gc.collect()
    gc.freeze()  # the collector's marks would copy each page into each fork


def _mind(client: socket.socket) -> dict[str, Any]:
    """Fork the program and return in it; stay behind until it, or its client, has ended."""
    line, streams, *_ = socket.recv_fds(client, 1 << 16, 3)
    while not line.endswith(b"\n"):
        line += client.recv(1 << 20)
    program = os.fork()
    if program == 0:
        os.setpgid(0, 0)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        client.close()
        request: dict[str, Any] = json.loads(line)
        return request
    os.setpgid(program, program)  # here too, since either may be first
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    client.sendall(f"{program}\n".encode())
    ended = os.pidfd_open(program)
    ready, _, _ = select.select([ended, client], [], [])
    if ended not in ready:
        os.killpg(program, signal.SIGKILL)
    _, status = os.waitpid(program, 0)
    with suppress(OSError):
        client.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def run(request: dict[str, Any]) -> None:
    """Do what the interpreter does of `[-u] (-c CODE | -m MODULE | FILE) ARGUMENT…`."""
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    os.umask(request["umask"])
    sys.executable = request["interpreter"]
    # Streams of a process stay open to its end.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = open(number, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 - as above
        setattr(sys, name, stream)
    arguments = request["arguments"]
    kind, *rest = arguments[1:] if arguments[0] == "-u" else arguments
    if kind == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], ""
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), vars(main))  # noqa: S102 - as the interpreter does
    elif kind == "-m":
        sys.argv, sys.path[0] = rest, request["folder"]
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = [kind, *rest], str(Path(kind).resolve().parent)
        runpy.run_path(kind, run_name="__main__")


if __name__ == "__main__":
    asked = serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        run(asked)
