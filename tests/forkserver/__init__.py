"""Fork server: the engine's Python programs, without importing Pulumi's packages anew for each.

Imports were two thirds of the processor time of the tests on the real engine: 2 s for a run of the
program, 1 s for its plugins, 0.7 s for the language host's `pip list`. Here `python3` of a virtual
environment of the tests' own is a client, for which a server forks a process that has imported the
packages already. `python` of that environment stays the interpreter itself.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from localcloud.engine.engine import Engine
from localcloud.engine.plugins import ensure_installed
from tests.patience import PATIENCE_S

_HERE = Path(__file__).parent
_CLIENT = '#!/bin/sh\nexec {interpreter} -IS {client} {address} {python} "$@"\n'


@dataclass(frozen=True)
class ForkServer:
    """A server that runs, and the virtual environment whose `python3` asks it."""

    process: subprocess.Popen[bytes]
    folder: Path


def start() -> ForkServer:
    """Start the server. It imports nothing before its first request."""
    folder = Path(tempfile.mkdtemp(prefix="forkserver-"))
    make_venv(folder)
    # Bound here, so that a client may come before the server has started.
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "address"))
        listener.listen(64)
        handle = listener.fileno()
        words = [folder / "bin/python", _HERE / "server.py", str(handle)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=[handle])
    return ForkServer(process, folder)


def stop(server: ForkServer) -> None:
    """End the server and remove its folder."""
    server.process.communicate(timeout=PATIENCE_S)
    shutil.rmtree(server.folder)


def make_venv(folder: Path) -> None:
    """Make a virtual environment with the packages of this one, and the client as `python3`."""
    prefix = Path(sys.prefix)
    (folder / "bin").mkdir()
    for path in [*prefix.glob("*"), *prefix.glob("bin/*")]:
        if path.name not in {"bin", "python3"}:
            (folder / path.relative_to(prefix)).symlink_to(path)
    words = {
        "interpreter": sys._base_executable,
        "client": _HERE / "client.py",
        "address": folder / "address",
        "python": folder / "bin/python",
    }
    client = folder / "bin/python3"
    quoted = {name: shlex.quote(str(word)) for name, word in words.items()}
    client.write_text(_CLIENT.format(**quoted))
    client.chmod(0o755)


def with_fork_server(engine: Engine, folder: Path) -> Engine:
    """Let an engine start its stand-in plugins by the client; a user's own plugins stay."""
    # The engine's memory is returned by its end, so it need not look for garbage.
    settings = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
    if not engine.real_plugins:
        home = ensure_installed(engine.cli, folder, os.environ, python=folder / "bin/python3")
        settings["PULUMI_HOME"] = str(home)
    return replace(engine, environment=engine.environment | settings)
