"""Site: the network, the git service and both nodes of one test."""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.devstack.git_service import PORT, GitService
from localcloud.machines.booted import BootedMachine
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import Switch
from stacks.credentials import Credentials
from stacks.devstack_services import Role
from stacks.settings import Settings
from stacks.user_data import render

SSH_S = 60
NO_CONNECTION = 255
"""ssh's own exit status."""
READY_S = 180
STAGE_S = 120
REBOOT_S = 60
_CONNECT_S = 5
_EVERYWHERE = "/etc /home /opt /root /run /srv /tmp /usr/local /var"


@dataclass(frozen=True)
class Answer:
    """What devstack-status said."""

    code: int
    state: dict[str, Any]
    progress: str


class Site:
    """Everything is made by the constructor but nothing runs; `close` undoes all of it."""

    def __init__(
        self,
        folder: Path,
        tree: Path,
        credentials: Credentials,
        standin: dict[str, str],
        given: dict[str, str],
    ) -> None:
        self.settings = Settings.parse(
            {
                "operatingSystem": "debian-12",
                "release": "2026.1",
                "gitBase": f"http://10.0.3.1:{PORT}",
                "nodeDeadlineS": "90",
                **given,
            },
            stack="boot",
            project="test",
        )
        self.credentials = credentials
        self.command_lines: set[str] = set()
        self._folder = folder
        self._key = folder / "key"
        self._key.touch(mode=0o600)
        self._key.write_text(credentials.ssh_private_key)
        with contextlib.ExitStack() as undo:
            self.switch = Switch(switch_name(), self.settings.internal_cidr, self.settings.mtu)
            undo.callback(self.switch.remove)
            self.git = GitService(folder, f"stable/{self.settings.release}")
            self.git.publish(**{"UNIT_S": "0.1", **standin})
            assert self.git.start(self.switch.path, self.switch.gateway) == self.settings.git_base
            undo.callback(self.git.stop)
            self.controller = self._machine(tree, "controller", undo)
            self.worker = self._machine(tree, "worker", undo)
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Take away machines, services and namespaces, whatever happened."""
        self._undo.close()

    def _machine(self, tree: Path, role: Role, undo: contextlib.ExitStack) -> BootedMachine:
        address = getattr(self.settings, f"{role}_ip")
        folder = self._folder / role
        machine = BootedMachine(role, address, switch=self.switch, tree=tree, folder=folder)
        undo.callback(machine.remove)
        user_data = render(self.settings, role, self.credentials)
        hostname = getattr(self.settings, f"{role}_hostname")
        machine.seed(user_data, instance_id=f"{role}-1", hostname=hostname)
        host_key = getattr(self.credentials, f"{role}_host_key_public")
        with (self._folder / "known_hosts").open("a") as known:
            known.write(f"{address} {host_key}\n")
        return machine

    @property
    def secrets(self) -> list[str]:
        """What nobody but root may read on a node: of a key, one line that no other key has."""
        kept = {
            name: value for name, value in vars(self.credentials).items() if "public" not in name
        }
        passwords = [value for name, value in kept.items() if name.endswith("password")]
        return [*passwords, *(kept[n].splitlines()[-2] for n in kept if n.endswith("key"))]

    def assert_nobody_reads_a_secret(self, machine: BootedMachine) -> None:
        """Ask as somebody who may do nothing; that root finds them shows that they are there."""
        options = "recursive devices=skip no-messages files-with-matches fixed-strings file=-"
        find = f"grep {' '.join(f'--{option}' for option in options.split())} {_EVERYWHERE}"
        secrets = "\n".join(self.secrets)
        found_by_root = self.ssh(machine, f"sudo {find}", text=secrets).stdout
        assert "/etc/devstack-node/local.conf\n" in found_by_root
        assert self.ssh(machine, f"sudo --user=nobody {find}", text=secrets).stdout == ""

    @contextlib.contextmanager
    def watched_processes(self) -> Iterator[None]:
        """Collect the command lines of all processes, in machines too, while the block runs."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.3):
                for path in Path("/proc").glob("[0-9]*/cmdline"):
                    with contextlib.suppress(OSError):
                        words = path.read_bytes().replace(b"\0", b" ")
                        self.command_lines.add(words.decode(errors="replace"))

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def wait_for(self, machine: BootedMachine, text: str, subject: str = "node") -> None:
        """Wait until the state says so, which must be before there is a verdict."""
        command = f"sudo devstack-status show --for {subject}"
        deadline = time.monotonic() + STAGE_S
        while text not in (said := self.ssh(machine, command).stdout):
            assert time.monotonic() < deadline, f"{text} is not in {said}"
            time.sleep(0.5)

    def lose_power(self, *machines: BootedMachine) -> None:
        """Take power away from machines, and give it back."""
        for machine in machines:
            machine.cut_power()
        for machine in machines:
            machine.start()

    def reboot(self, machine: BootedMachine) -> None:
        """Reboot in good order, as a person would."""
        self.ssh(machine, "sudo systemctl reboot")
        assert machine.wait_for_end(REBOOT_S), "it was shut down instead"
        machine.start()

    def ssh(
        self,
        machine: BootedMachine,
        command: str,
        timeout_s: float = 60,
        *,
        text: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the node's user, with its host key checked."""
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

    def run(self, machine: BootedMachine, command: str, timeout_s: float = 60) -> str:
        """A command's output. A status that is not 0 is the test's failure."""
        done = self.ssh(machine, command, timeout_s)
        assert done.returncode == 0, f"{command}: {done.returncode} {done.stdout} {done.stderr}"
        return done.stdout

    def wait(
        self, machine: BootedMachine, subject: str = "node", timeout_s: int = READY_S
    ) -> Answer:
        """What `devstack-status wait` answers over ssh."""
        command = f"sudo devstack-status wait --timeout {timeout_s} --for {subject}"
        deadline = time.monotonic() + SSH_S
        # cloud-init restarts sshd in its course, so that a first connection says little.
        while (done := self.ssh(machine, command, timeout_s + 30)).returncode == NO_CONNECTION:
            assert time.monotonic() < deadline, f"{done.stderr}\n{machine.console.read_text()}"
            time.sleep(0.5)
        assert done.stdout, f"{done.returncode}: {done.stderr}"
        return Answer(done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr)
