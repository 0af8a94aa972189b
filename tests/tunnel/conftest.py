"""A network of network namespaces: the job, a container behind it, the controller, an outsider.

    container --br-kind-- job --eth0-- wire --eth0-- controller (sshd, 10.0.3.15, 172.24.4.10)
                                         +---eth0-- outsider (the job's default gateway, too)

A process holds each namespace open, and every process is ended with its test.
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from host.folders import CHECKOUT
from job.network.tunnel import probe
from tests.patience import FOREVER_S, PATIENCE_S

JOB, CONTROLLER, OUTSIDER = "203.0.113.2", "203.0.113.10", "203.0.113.66"
PRIVATE, FLOATING = "10.0.3.15", "172.24.4.10"
PROBE_S = 60
"""The time limit for an answer that must come."""
# sshd refuses to start unless it is called by its absolute path.
_SSHD = "/usr/sbin/sshd"
_SERVER = """\
import socketserver, sys
class Hello(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + self.client_address[0].encode())
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer((sys.argv[1], int(sys.argv[2])), Hello).serve_forever()
"""
_PULUMI = """\
#!{python}
import pathlib, sys
line = " ".join(sys.argv[1:])
if "output" in line:
    print((pathlib.Path(__file__).parent / "outputs.json").read_text())
elif "ls" in line:
    print('[{{"name": "ci"}}]')
else:
    print("v999.0.0")
"""


def until(condition, what, patience_s=PATIENCE_S):
    """Wait for a condition and return its value; fail the test at the time limit."""
    deadline = time.monotonic() + patience_s
    while not (result := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {patience_s} s"
        time.sleep(0.05)
    return result


class Space:
    """A network namespace."""

    def __init__(self, holder):
        self.path = Path(f"/proc/{holder.pid}/ns/net")

    def command(self, *command):
        """Return the command line that runs a command in the namespace."""
        return ["nsenter", f"--net={self.path}", "--", *command]

    def run(self, *command, check=True):
        """Run a command in the namespace and return its output."""
        done = subprocess.run(
            self.command(*command), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert not check or done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def probe(self, host, port, timeout_s=PROBE_S):
        """Probe an address from the namespace with the job's own probe; return the verdict."""
        return self.run(
            sys.executable, "-I", probe.__file__, host, str(port), str(timeout_s)
        ).strip()

    def rules(self):
        """Return the names of the tunnel's chains and tables, of iptables and nft."""
        text = self.run("nft", "list", "ruleset", check=False)
        return re.findall(r"(?:sshuttle|devstack-tunnel)[-\w]*", text)


class Net:
    """The namespaces, and the processes in them."""

    def __init__(self, stack, folder, made):
        self.folder = folder
        self._made = made
        self._stack = stack
        names = ("job", "container", "controller", "outsider", "wire")
        self.job, self.container, self.controller, self.outsider, self.wire = (
            self.space() for _ in names
        )
        self.wire.run("ip", "link", "add", "wire", "type", "bridge")
        self.wire.run("ip", "link", "set", "wire", "up")
        for space, address in (
            (self.job, JOB),
            (self.controller, CONTROLLER),
            (self.outsider, OUTSIDER),
        ):
            self.plug(space, address, self.wire, "wire")
        self.job.run("ip", "route", "add", "default", "via", OUTSIDER)
        self.add_bridge(self.job, self.container)
        for address in (PRIVATE, FLOATING):
            self.controller.run("ip", "address", "add", f"{address}/32", "dev", "lo")
        for address, port in ((PRIVATE, 80), (FLOATING, 22)):
            self.serve(self.controller, address, port)

    def space(self, *flags):
        """Create a namespace with a loopback interface."""
        holder = self.start(["unshare", *flags, "--net", "sleep", str(FOREVER_S)])
        path = Path(f"/proc/{holder.pid}/ns/net")
        until(lambda: path.readlink() != Path("/proc/self/ns/net").readlink(), "namespace")
        space = Space(holder)
        self._made.add(path.readlink())
        until(lambda: space.run("cat", "/proc/self/comm", check=False), "namespace")
        space.run("ip", "link", "set", "lo", "up")
        return space

    def plug(self, space, address, other, bridge):
        """Connect a namespace to a bridge in another one, as its eth0."""
        port = f"p{len(other.run('ip', '-o', 'link').splitlines())}"
        peer = str(space.path).split("/")[2]
        other.run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", peer)
        other.run("ip", "link", "set", port, "master", bridge, "up")
        space.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
        space.run("ip", "link", "set", "eth0", "up")

    def add_bridge(self, host, container):
        """Create a bridge with a container behind it, as Docker does for kind."""
        host.run("ip", "link", "add", "br-kind", "type", "bridge")
        host.run("ip", "address", "add", "172.18.0.1/24", "dev", "br-kind")
        host.run("ip", "link", "set", "br-kind", "up")
        self.plug(container, "172.18.0.2", host, "br-kind")
        container.run("ip", "route", "add", "default", "via", "172.18.0.1")

    def serve(self, space, address, port):
        """Start a TCP service that answers with the client's address."""
        process = self.start(space.command(sys.executable, "-c", _SERVER, address, str(port)))
        until(lambda: space.probe(address, port) == "answered", f"server {address}:{port}")
        return process

    def start(self, command, log="/dev/null", **more):
        """Start a process that is killed with its process group when the test ends."""
        with Path(log).open("a") as file:
            process = subprocess.Popen(
                command, start_new_session=True, stdout=file, stderr=file, **more
            )
        self._stack.callback(_kill, process)
        return process

    def at_the_end(self, function):
        """Call a function at the test's end, before the processes started so far are killed."""
        self._stack.callback(function)

    def sshd(self, key, path=os.environ["PATH"]):
        """Start a real sshd on the controller that accepts a key; `path` is the user's PATH."""
        (self.folder / "authorized_keys").write_text(Path(f"{key}.pub").read_text())
        (self.folder / "sshd_config").write_text(
            f"ListenAddress {CONTROLLER}\nHostKey {self.folder}/host\nUsePAM no\nStrictModes no\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nPidFile none\n"
            f"ClientAliveInterval 1\nPasswordAuthentication no\n"
            # Ignores the shell start-up files of the user who runs the tests.
            f"ForceCommand exec env -i PATH={shlex.quote(path)} /bin/sh -c "
            '"$SSH_ORIGINAL_COMMAND"\n'
        )
        # sshd needs /run/sshd; a mount namespace keeps the host's /run unchanged.
        script = f"mount -t tmpfs run /run && mkdir /run/sshd && exec {_SSHD} -D -e -f $1"
        process = self.start(
            self.controller.command(
                "unshare", "--mount", "sh", "-c", script, "sh", str(self.folder / "sshd_config")
            ),
            self.folder / "sshd.log",
        )
        until(lambda: self.job.probe(CONTROLLER, 22) == "answered", "sshd")
        return process


def _kill(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE_S)


class Tunnel:
    """`python -m job tunnel` in the job's namespace, as a person would run it."""

    def __init__(self, process, state, out):
        self.process = process
        self.folder = state / "stacks/ci"
        self._out = out

    @property
    def printed(self):
        """The output so far."""
        return self._out.read_text()

    @property
    def record(self):
        """The tunnel's record in its state folder."""
        return json.loads((self.folder / "tunnel.json").read_text())

    @property
    def port(self):
        """The port of sshuttle's redirector."""
        return self.record["port"]

    def wait_ended(self):
        """Wait until the tunnel ends by itself; return its exit code."""
        return self.process.wait(PATIENCE_S)

    def wait_ready(self, times=1):
        """Wait until the tunnel has reported ready so many times; fail if it ends."""
        until(
            lambda: self.printed.count("tunnel: ready") >= times or self.process.poll() is not None,
            "ready",
        )
        assert self.process.poll() is None, self.printed
        return self

    def close(self):
        """End the tunnel if it still runs, as after a failed test."""
        if self.process.poll() is None:
            self.end()

    def wait_for(self, text, patience_s=PATIENCE_S):
        """Wait until a text is printed."""
        until(lambda: text in self.printed, text, patience_s)

    def end(self, number=signal.SIGTERM):
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def _processes(namespaces):
    """Return the IDs of all processes in these namespaces."""
    found = []
    for link in Path("/proc").glob("[0-9]*/ns/net"):
        with suppress(OSError):
            if link.readlink() in namespaces:
                found.append(int(link.parts[2]))
    return found


def _require_empty(namespaces):
    try:
        until(lambda: not _processes(namespaces), "end of all processes")
    finally:
        for pid in _processes(namespaces):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def net(tmp_path):
    """The network without an sshd. Fails the test if a process remains in it at the end."""
    with ExitStack() as stack:
        made = set()
        # Called last, after all processes of the test were ended.
        stack.callback(_require_empty, made)
        network = Net(stack, tmp_path, made)
        for name in ("host", "other-host", "key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", tmp_path / name],
                check=True,
            )
        yield network


@pytest.fixture
def outputs(tmp_path, net):  # noqa: ARG001 - it makes the host key
    """The outputs of a stack with this controller."""
    host_key = " ".join((tmp_path / "host.pub").read_text().split()[:2])
    return {
        "controller_public_ip": CONTROLLER,
        "controller_private_ip": PRIVATE,
        "ssh_user": "root",
        "ssh_private_key": (tmp_path / "key").read_text(),
        "known_hosts": f"{CONTROLLER},{PRIVATE} {host_key}\n",
        "tunnel_cidrs": ["10.0.3.0/24", "172.24.4.0/24"],
    }


@pytest.fixture
def programs(tmp_path):
    """The first folder on the job's PATH: a fake Pulumi, and a docker that fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in (
        ("pulumi", _PULUMI.format(python=sys.executable)),
        ("pulumi-language-python", "#!/bin/sh\n"),
        ("docker", "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n"),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def open_tunnel(tmp_path, net, outputs, programs):
    """Start the tunnel command; it is ended with the test."""
    (tmp_path / "Pulumi.ci.yaml").write_text("config: {}\n")

    def start(*flags, space=net.job):
        (programs / "outputs.json").write_text(json.dumps(outputs))
        state = tmp_path / "a state % folder"
        state.mkdir(exist_ok=True)
        environ = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "DEVSTACK_STATE_DIR": str(state),
            "DEVSTACK_SETTINGS": str(tmp_path / "Pulumi.ci.yaml"),
        }
        (state / "stacks/ci").mkdir(parents=True, exist_ok=True)
        out = tmp_path / f"out-{len(list(tmp_path.glob('out-*')))}"
        command = [
            sys.executable,
            "-m",
            "job",
            "tunnel",
            "--stack",
            "ci",
            "--interval",
            "1",
            *flags,
        ]
        process = net.start(
            space.command(*command) if space else command,
            out,
            cwd=CHECKOUT,
            env=environ,
        )
        tunnel = Tunnel(process, state, out)
        net.at_the_end(tunnel.close)
        return tunnel

    return start
