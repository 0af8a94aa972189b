"""Nodes: a controller and a worker that boot on one network, reached over ssh as a person would."""

import base64
import contextlib
import io
import json
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from host.folders import CHECKOUT
from localcloud.machines.booted import BootedMachine
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import Switch
from stacks.credentials import Credentials
from stacks.naming import HOST_DOMAIN, Role
from stacks.settings import Settings
from stacks.user_data import render
from tests.patience import PATIENCE_S
from tests.secret_search import assert_nobody_reads

NO_CONNECTION = 255
"""ssh's own exit status."""
_CONNECT_S = 5


@dataclass(frozen=True)
class Answer:
    """An answer of devstack-status: exit status, state and progress messages."""

    code: int
    state: dict[str, Any]
    progress: str


def make_credentials() -> Credentials:
    """Generate credentials with the program that a stack uses."""
    made = subprocess.run(
        [sys.executable, CHECKOUT / "stacks" / "generate_credentials.py"],
        capture_output=True,
        check=True,
        timeout=PATIENCE_S,
    )
    return Credentials(**json.loads(made.stdout))


class Nodes:
    """Two machines on one network. Created switched off; `close` removes everything."""

    def __init__(
        self, folder: Path, tree: Path, credentials: Credentials, settings: Settings
    ) -> None:
        self.settings = settings
        self.credentials = credentials
        self._folder = folder
        self._key = folder / "key"
        self._key.touch(mode=0o600)
        self._key.write_text(credentials.ssh_private_key)
        with contextlib.ExitStack() as undo:
            self.switch = Switch(switch_name(), settings.internal_cidr, settings.mtu)
            undo.callback(self.switch.remove)
            self._serve(undo)
            self.controller = self._machine(tree, "controller", undo)
            self.worker = self._machine(tree, "worker", undo)
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Remove machines, services and namespaces, in whatever state they are."""
        self._undo.close()

    def _serve(self, undo: contextlib.ExitStack) -> None:
        """Start services that the nodes need besides each other. Subclasses override it."""

    def _make(self, role: Role, tree: Path) -> BootedMachine:
        """Create the machine that becomes a node."""
        address = getattr(self.settings, f"{role}_ip")
        folder = self._folder / role
        return BootedMachine(role, address, switch=self.switch, tree=tree, folder=folder)

    def _prepare(self, role: Role, machine: BootedMachine) -> None:
        """Change the machine's files before it boots. Subclasses override it."""

    def _machine(self, tree: Path, role: Role, undo: contextlib.ExitStack) -> BootedMachine:
        machine = self._make(role, tree)
        undo.callback(machine.remove)
        self._prepare(role, machine)
        # Without a worker in the settings, its machine stays off.
        if role in self.settings.roles:
            user_data = render(self.settings, role, self.credentials)
            machine.seed(user_data, instance_id=f"{role}-1", hostname=f"{role}.{HOST_DOMAIN}")
        host_key = getattr(self.credentials, f"{role}_host_key_public")
        with (self._folder / "known_hosts").open("a") as known:
            known.write(f"{machine.address} {host_key}\n")
        return machine

    @property
    def secrets(self) -> list[str]:
        """Secrets that only root may read on a node: passwords, and one line of each key."""
        kept = {
            name: value for name, value in vars(self.credentials).items() if "public" not in name
        }
        passwords = [value for name, value in kept.items() if name.endswith("password")]
        return [*passwords, *(kept[n].splitlines()[-2] for n in kept if n.endswith("key"))]

    def assert_nobody_reads_a_secret(self, machine: BootedMachine) -> None:
        """Search the node as nobody. Root finds the secrets, so the search itself works."""
        assert_nobody_reads(
            lambda command, text: self.ssh(machine, command, PATIENCE_S, text=text).stdout,
            self.secrets,
        )

    def archive(self, machine: BootedMachine, timeout_s: float = PATIENCE_S) -> dict[str, str]:
        """Return the files of a node's log archive by name, as the job keeps them."""
        command = "sudo devstack-logs | base64 --wrap=0"
        packed = base64.b64decode(self.run(machine, command, timeout_s))
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            files = {name: archive.extractfile(name) for name in archive.getnames()}
            return {
                name: file.read().decode(errors="replace") for name, file in files.items() if file
            }

    def secrets_in(self, text: str) -> list[str]:
        """Return the secrets in a text, also URL-encoded, as OpenStack's configuration has them."""
        return [secret for secret in self.secrets if secret in text or quote(secret) in text]

    def lose_power(self, *machines: BootedMachine) -> None:
        """Cut the power of all these machines, then start them."""
        for machine in machines:
            machine.cut_power()
        for machine in machines:
            machine.start()

    def reboot(self, machine: BootedMachine) -> None:
        """Reboot in an orderly way, over ssh."""
        self.ssh(machine, "sudo systemctl reboot")
        assert machine.wait_for_end(PATIENCE_S), "it was shut down instead"
        machine.start()

    def ssh(
        self,
        machine: BootedMachine,
        command: str,
        timeout_s: float = PATIENCE_S,
        *,
        text: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the node's user, with the node's host key checked."""
        options = (
            f"UserKnownHostsFile={self._folder / 'known_hosts'}",
            "StrictHostKeyChecking=yes",
            "HostKeyAlgorithms=ssh-ed25519",
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            f"ConnectTimeout={_CONNECT_S}",
        )
        words = [word for option in options for word in ("-o", option)]
        enter = ("nsenter", f"--net={self.switch.path}")
        user = f"{self.settings.ssh_user}@{machine.address}"
        return subprocess.run(
            [*enter, "ssh", "-F", "none", "-i", self._key, *words, user, command],
            capture_output=True,
            check=False,
            text=True,
            timeout=timeout_s,
            input=text,
        )

    def run(self, machine: BootedMachine, command: str, timeout_s: float = PATIENCE_S) -> str:
        """Run a command on a node and return its output; fail the test if it fails."""
        done = self.ssh(machine, command, timeout_s)
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def wait(
        self, machine: BootedMachine, subject: str = "node", timeout_s: int = PATIENCE_S
    ) -> Answer:
        """Run `devstack-status wait` over ssh and return its answer."""
        command = f"sudo devstack-status wait --timeout {timeout_s} --for {subject}"
        deadline = time.monotonic() + PATIENCE_S
        # cloud-init restarts sshd while it runs, so the first connections may be lost.
        while (done := self.ssh(machine, command, timeout_s + 30)).returncode == NO_CONNECTION:
            assert time.monotonic() < deadline, f"{done.stderr}\n{machine.console.read_text()}"
            time.sleep(0.5)
        assert done.stdout, f"{done.returncode}: {done.stderr}"
        return Answer(done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr)
