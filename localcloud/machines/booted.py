"""Booted: a machine that really boots, with systemd and cloud-init, in a container.

It has a file system over a shared tree, a network namespace on a switch, and its own /dev and
cgroup. It cannot reach the host's network or disks. Only root can start one.
"""

import os
import select
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from host.processes import Child, Grace, Program
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
    # On SIGTERM systemd-nspawn sends this to the machine's systemd, which powers the machine off.
    "--kill-signal=SIGRTMIN+4",
)
# Exit status of systemd-nspawn if the machine asked for a reboot.
_EXITED_TO_REBOOT = 133
_SEED = "var/lib/cloud/seed"


class BootedMachine:
    """A machine that is off until `start`. `remove` deletes all of its files.

    It boots from `tree`, overlaid with `layers`, the topmost first. It writes to neither.
    """

    privileges: tuple[str, ...] = ()
    """Further options of systemd-nspawn."""

    def __init__(  # noqa: PLR0913 - each argument is one part of the machine
        self,
        name: str,
        address: str,
        *,
        switch: Switch,
        tree: Path,
        folder: Path,
        layers: Sequence[Path] = (),
    ) -> None:
        self.name = name
        self.address = address
        self.layers = tuple(layers)
        self.root = folder / "root"
        self.changes = folder / "changes"
        """Folder with every file that the machine wrote: the overlay's upper layer."""
        self.console = folder / "console.log"
        self._switch = switch
        self._tree = tree
        self._folder = folder
        self._cgroup = unified_root() / f"{switch.name}-{name}"
        self._child: Child | None = None
        for directory in (self.root, self.changes, folder / "work"):
            directory.mkdir(parents=True)
        # Stands for /dev/kvm. A node only checks that it exists; nothing is ever started with it.
        (folder / "kvm").touch()
        self._mount()

    @property
    def is_on(self) -> bool:
        """Whether it was started and its power was not cut since, also if it ended by itself."""
        return self._child is not None

    @property
    def pid(self) -> int:
        """The ID of its process, also of one that ended by itself; 0 after its power was cut."""
        return self._child.pid if self._child else 0

    def seed(self, user_data: str, *, instance_id: str, hostname: str) -> None:
        """Write user data and metadata for cloud-init's NoCloud data source, before a `start`.

        Those of an earlier start, or of an image, are replaced.
        """
        self._remove_seed()
        seed = self.root / _SEED / "nocloud"
        seed.mkdir(parents=True, mode=0o700)
        metadata = f"instance-id: {instance_id}\nlocal-hostname: {hostname}\n"
        (seed / "meta-data").write_text(metadata, encoding="utf-8")
        (seed / "user-data").write_text(user_data, encoding="utf-8", newline="")

    def start(self, ended: Callable[[int], object] | None = None) -> None:
        """Boot the machine. Everything in memory, such as interfaces and rules, starts anew.

        `ended` is called with the ID of its process when that ends, for whatever reason, from a
        thread.
        """
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
        if ended:
            # A file of the thread's own, since the child closes its own when it is reaped.
            end = os.pidfd_open(self._child.pid)
            threading.Thread(
                target=_follow, args=(end, ended, self._child.pid), daemon=True
            ).start()

    def wait_for_end(self, timeout_s: float) -> bool:
        """Wait until the machine ends by itself. Return whether it asked for a reboot.

        Raises LocalcloudError if it is off, or still runs after `timeout_s`.
        """
        child = self._child
        if child is None:
            raise LocalcloudError(f"{self.name} is not on")
        if not child.ends_within(timeout_s):
            raise LocalcloudError(f"{self.name} did not end within {timeout_s:.0f} s")
        self._child = None
        self._clear(child)
        return child.kill() == _EXITED_TO_REBOOT

    def shut_down(self, limit_s: float) -> None:
        """Press the power button, and cut the power if the machine still runs after `limit_s`."""
        # First, so that its end is not taken for one of its own.
        child, self._child = self._child, None
        if child is not None:
            child.end(Grace(soft_s=limit_s, hard_s=0))
            self._clear(child)

    def capture(self, layer: Path) -> None:
        """Move everything that the machine wrote to a new layer, below what it writes from now on.

        `layer` is a path on the same file system. The folder is moved, which keeps owners, hard
        links, device files and the overlay's own marks of deleted files as they are. On Compute
        Engine the user data is not on the disk, so the layer has no seed. Raises LocalcloudError
        for a machine that is on.
        """
        if self.is_on:
            raise LocalcloudError("the machine is on; stop the instance first")
        self._remove_seed()
        run("umount", self.root)
        self.changes.rename(layer)
        self.layers = (layer, *self.layers)
        self.changes.mkdir()
        self._mount()

    def cut_power(self) -> None:
        """Kill everything in the machine at once, as a power failure does. Its files stay."""
        child, self._child = self._child, None
        if child is not None:
            self._clear(child)

    def remove(self) -> None:
        """Cut the power and remove the machine's files."""
        self.cut_power()
        # A capture that failed may have left it unmounted.
        if self.root.is_mount():
            run("umount", self.root)
        shutil.rmtree(self._folder)

    def _clear(self, child: Child) -> None:
        """Remove everything of a run, which may still go on, except the files."""
        remove_cgroup(self._cgroup.name)
        child.kill()
        self._switch.unplug(self.name)

    def _mount(self) -> None:
        lower = ":".join(map(str, (*self.layers, self._tree)))
        options = f"lowerdir={lower},upperdir={self.changes},workdir={self._folder / 'work'}"
        run("mount", "--types", "overlay", "overlay", "--options", options, self.root)

    def _remove_seed(self) -> None:
        seed = self.root / _SEED
        if seed.exists():
            shutil.rmtree(seed)


def _follow(end: int, ended: Callable[[int], object], pid: int) -> None:
    select.select([end], [], [])
    os.close(end)
    ended(pid)
