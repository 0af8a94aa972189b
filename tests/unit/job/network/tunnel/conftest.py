"""Stand-ins for the programs that the tunnel starts, in the only folder on PATH."""

import json
import socket
import sys
import threading

import pytest

from job.network.tunnel.namespace import Namespace

_HEAD = """\
#!{python} -IS
import json, os, pathlib, signal, sys, time
folder = pathlib.Path(__file__).parent
words = sys.argv[1:]
line = " ".join(words)
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps([pathlib.Path(__file__).name, *words]) + "\\n")
"""
# Stores chains as files; implements only what one tunnel needs.
_IPTABLES = """
rules = folder / "rules"
rules.mkdir(exist_ok=True)
if "--noflush" in words:
    for row in sys.stdin:
        if row.startswith("-A "):
            (rules / row.split()[1]).touch()
    sys.exit(0)
if "-S" in words:
    for rule in sorted(rules.iterdir()):
        print(f"-A OUTPUT -j {rule.name}")
elif "-X" in words:
    (rules / words[-1]).unlink(missing_ok=True)
elif "-C" in words:
    sys.exit(1)
"""
_SSHUTTLE = """
if "--version" in words:
    print("2.0.0")
    sys.exit(0)
port = words[words.index("--listen") + 1].rpartition(":")[2]
(folder / "rules").mkdir(exist_ok=True)
(folder / "rules" / f"sshuttle-{port}").touch()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
try:
    time.sleep(120)
finally:
    (folder / "rules" / f"sshuttle-{port}").unlink()
"""


class Programs:
    """The folder of the stand-ins."""

    def __init__(self, folder):
        self.folder = folder
        self.put("iptables", _IPTABLES)
        self.put("iptables-restore", _IPTABLES)
        self.put("sshuttle", _SSHUTTLE)
        self.put("ssh", 'print("Python 3.12.3")')
        self.put("docker", 'print("Client: Docker Engine - Community")')

    def put(self, name, body):
        """Replace a program's behaviour by a Python script."""
        path = self.folder / name
        path.write_text(_HEAD.format(python=sys.executable) + body)
        path.chmod(0o755)

    def calls(self, name):
        """Return the arguments of each call of a program."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [call[1:] for call in map(json.loads, lines) if call[0] == name]

    @property
    def rules(self):
        """The chains that exist."""
        return sorted(path.name for path in (self.folder / "rules").iterdir())


@pytest.fixture
def programs(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    return Programs(folder)


@pytest.fixture
def namespace(programs):
    return Namespace(environment={"PATH": str(programs.folder)})


@pytest.fixture
def service():
    """A TCP service on loopback that greets its clients, as ssh does through the tunnel."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"hello")
                    connection.recv(100)

        thread = threading.Thread(target=greet)
        thread.start()
        yield server.getsockname()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def outputs():
    """The stack outputs that the tunnel reads."""
    return {
        "controller_public_ip": "203.0.113.10",
        "controller_private_ip": "10.0.3.15",
        "ssh_user": "cloud",
        "ssh_private_key": "KEY\n",
        "known_hosts": "203.0.113.10 ssh-ed25519 AAAA\n",
        "tunnel_cidrs": ["10.0.3.0/24", "172.24.4.0/24"],
    }
