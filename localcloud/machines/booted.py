"""Booted: a machine that really boots, with systemd and cloud-init, as a container of its own.

It has a file system over a shared tree, a network namespace on a switch, a private /dev and a
cgroup of its own; it cannot reach the host's network or disks. Root only.
"""

import os
import shutil
from pathlib import Path

from host.processes import Child, Program
from localcloud.errors import LocalcloudError
from localcloud.machines.cgroups import remove_cgroup, unified_root
from localcloud.machines.switch import Switch
from localcloud.programs import run

_ENVIRONMENT = {
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
    # A node turns forwarding on.
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
}
_NSPAWN = (
    *("systemd-nspawn", "--quiet", "--settings=no", "--register=no", "--keep-unit", "--boot"),
    *("--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe"),
    *("--capability=CAP_NET_ADMIN,CAP_NET_RAW", "--drop-capability=CAP_MKNOD"),
)
_EXITED_TO_REBOOT = 133


class BootedMachine:
    """A machine that is off until `start`, and that `remove` leaves nothing of."""

    privileges: tuple[str, ...] = ()
    """Further options of systemd-nspawn."""

    def __init__(
        self, name: str, address: str, *, switch: Switch, tree: Path, folder: Path
    ) -> None:
        self.name = name
        self.address = address
        self.root = folder / "root"
        self.changes = folder / "changes"
        """What differs from the tree: every file that the machine wrote."""
        self.console = folder / "console.log"
        self._switch = switch
        self._folder = folder
        self._cgroup = unified_root() / f"{switch.name}-{name}"
        self._child: Child | None = None
        for directory in (self.root, self.changes, folder / "work"):
            directory.mkdir(parents=True)
        # Nothing is ever started in it: that a node has one is all that is asked.
        (folder / "kvm").touch()
        layers = f"lowerdir={tree},upperdir={self.changes},workdir={folder / 'work'}"
        run("mount", "--types", "overlay", "overlay", "--options", layers, self.root)

    def seed(self, user_data: str, *, instance_id: str, hostname: str) -> None:
        """Leave user data and metadata where cloud-init's own NoCloud data source finds them."""
        seed = self.root / "var/lib/cloud/seed/nocloud"
        seed.mkdir(parents=True, mode=0o700)
        metadata = f"instance-id: {instance_id}\nlocal-hostname: {hostname}\n"
        (seed / "meta-data").write_text(metadata, encoding="utf-8")
        (seed / "user-data").write_text(user_data, encoding="utf-8", newline="")

    def start(self) -> None:
        """Boot. What was only in memory, such as interfaces and rules, is new."""
        namespace = self._switch.plug(self.name, self.address)
        self._cgroup.mkdir()
        machine = (
            f"--machine={self._cgroup.name}",
            f"--directory={self.root}",
            # A file of its own, since a node's packages change the mode of what they find there.
            f"--bind={self._folder / 'kvm'}:/dev/kvm",
            f"--network-namespace-path={namespace}",
        )
        # Two systemds in one cgroup would end each other's services.
        enter = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
        with self.console.open("ab") as console:
            program = Program(
                command=["sh", "-c", enter, self._cgroup, *_NSPAWN, *self.privileges, *machine],
                environment={**os.environ, **_ENVIRONMENT},
            )
            self._child = Child(program, console.fileno())

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until the machine has ended by itself; whether it asked to be started again."""
        if self._child is None:
            raise LocalcloudError(f"{self.name} is not on")
        if not self._child.ends_within(timeout_s):
            raise LocalcloudError(f"{self.name} did not end within {timeout_s:.0f} s")
        asked = self._child.kill() == _EXITED_TO_REBOOT
        self.cut_power()
        return asked

    def cut_power(self) -> None:
        """End everything in the machine at once, as a power failure does."""
        if self._child is None:
            return
        remove_cgroup(self._cgroup.name)
        self._child.kill()
        self._child = None
        self._switch.unplug(self.name)

    def remove(self) -> None:
        """Cut the power and remove the machine's files."""
        self.cut_power()
        run("umount", self.root)
        shutil.rmtree(self._folder)
