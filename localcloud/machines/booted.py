"""Booted: a machine that really boots, with systemd and cloud-init, in a container.

It has a file system over a shared tree, a network namespace on a switch, and its own /dev and
cgroup. It cannot reach the host's network or disks. Only root can start one.
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
    # A node enables IP forwarding, so /proc/sys/net must be writable.
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
}
# No registration and no unit, since the host may run another init than systemd. None of the host's
# own files either: a machine must not depend on where it boots. Without mknod it cannot make device
# files that lead to the host's disks.
_NSPAWN = (
    *("systemd-nspawn", "--quiet", "--settings=no", "--register=no", "--keep-unit", "--boot"),
    *("--link-journal=no", "--resolv-conf=off", "--timezone=off", "--console=pipe"),
    *("--capability=CAP_NET_ADMIN,CAP_NET_RAW", "--drop-capability=CAP_MKNOD"),
)
# Exit status of systemd-nspawn if the machine asked for a reboot.
_EXITED_TO_REBOOT = 133


class BootedMachine:
    """A machine that is off until `start`. `remove` deletes all of its files."""

    privileges: tuple[str, ...] = ()
    """Further options of systemd-nspawn."""

    def __init__(
        self, name: str, address: str, *, switch: Switch, tree: Path, folder: Path
    ) -> None:
        self.name = name
        self.address = address
        self.root = folder / "root"
        self.changes = folder / "changes"
        """Folder with every file that the machine wrote: the overlay's upper layer."""
        self.console = folder / "console.log"
        self._switch = switch
        self._folder = folder
        self._cgroup = unified_root() / f"{switch.name}-{name}"
        self._child: Child | None = None
        for directory in (self.root, self.changes, folder / "work"):
            directory.mkdir(parents=True)
        # Stands for /dev/kvm. A node only checks that it exists; nothing is ever started with it.
        (folder / "kvm").touch()
        layers = f"lowerdir={tree},upperdir={self.changes},workdir={folder / 'work'}"
        run("mount", "--types", "overlay", "overlay", "--options", layers, self.root)

    def seed(self, user_data: str, *, instance_id: str, hostname: str) -> None:
        """Write user data and metadata for cloud-init's NoCloud data source, before a `start`."""
        seed = self.root / "var/lib/cloud/seed/nocloud"
        seed.mkdir(parents=True, mode=0o700)
        metadata = f"instance-id: {instance_id}\nlocal-hostname: {hostname}\n"
        (seed / "meta-data").write_text(metadata, encoding="utf-8")
        (seed / "user-data").write_text(user_data, encoding="utf-8", newline="")

    def start(self) -> None:
        """Boot the machine. Everything in memory, such as interfaces and rules, starts anew."""
        namespace = self._switch.plug(self.name, self.address)
        self._cgroup.mkdir()
        machine = (
            f"--machine={self._cgroup.name}",
            f"--directory={self.root}",
            # Not the host's device: packages on a node change the mode of /dev/kvm.
            f"--bind={self._folder / 'kvm'}:/dev/kvm",
            f"--network-namespace-path={namespace}",
        )
        # A machine's systemd manages all of its cgroup: two in one would end each other's services.
        enter = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
        with self.console.open("ab") as console:
            program = Program(
                command=["sh", "-c", enter, self._cgroup, *_NSPAWN, *self.privileges, *machine],
                environment={**os.environ, **_ENVIRONMENT},
            )
            self._child = Child(program, console.fileno())

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until the machine ends by itself. Return whether it asked for a reboot.

        Raises LocalcloudError if it is off, or still runs after `timeout_s`.
        """
        if self._child is None:
            raise LocalcloudError(f"{self.name} is not on")
        if not self._child.ends_within(timeout_s):
            raise LocalcloudError(f"{self.name} did not end within {timeout_s:.0f} s")
        asked = self._child.kill() == _EXITED_TO_REBOOT
        self.cut_power()
        return asked

    def cut_power(self) -> None:
        """Kill everything in the machine at once, as a power failure does. Its files stay."""
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
