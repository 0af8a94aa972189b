"""Real site: two machines on which the real DevStack is built from mirrors of its repositories."""

import contextlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from localcloud.machines.booted import BootedMachine
from localcloud.machines.switch import Switch
from stacks import configuration
from stacks.credentials import Credentials
from stacks.naming import Role
from tests.boot.nodes import Nodes
from tests.devstack import guest, uplink
from tests.devstack.mirrors import PORT, MirrorService, cut

RELEASE = "2026.1"
OVERLAY = Path(__file__).parent / "overlay"

_PROJECTS = (
    *("cinder", "devstack", "glance", "keystone", "neutron", "nova", "octavia", "placement"),
    "requirements",
)
_REPOSITORIES = {
    **{f"openstack/{name}": f"stable/{RELEASE}" for name in _PROJECTS},
    "novnc/novnc": "v1.3.0",
}
_LOOP_DEVICES: dict[Role, range] = {"controller": range(4), "worker": range(4, 8)}
"""Numbers of the host's loop devices, divided so that no two machines share one."""
_LOOP_MAJOR = 7
_TIMEOUT_S = 30

SETTINGS = {
    "operatingSystem": "debian-12",
    "release": RELEASE,
    "gitBase": f"http://10.0.3.1:{PORT}",
    "localConfFile": str(OVERLAY / "local.conf"),
    # OVN from source takes 9 minutes more, and this kernel lacks its datapath anyway.
    "ovnFromSource": "false",
    # Octavia's image cannot be downloaded here; an empty one stands in for it.
    "amphoraImageUrl": f"file://{guest.AMPHORA}",
    # Long time limits: two nodes share fewer cores than one node has in the cloud.
    "gitTimeoutS": "900",
    "serviceTimeoutS": "900",
    "nodeDeadlineS": "7200",
    "readyTimeoutS": "7200",
    "volumeBackingGib": "20",
}
"""The settings that differ from the defaults, with the reason of each."""


class DevstackMachine(BootedMachine):
    """A machine with all capabilities except mknod, and with loop devices."""

    def __init__(self, role: Role, address: str, *, switch: Switch, tree: Path, folder: Path):
        super().__init__(role, address, switch=switch, tree=tree, folder=folder)
        self._loops = [folder / f"loop{number}" for number in _LOOP_DEVICES[role]]
        for node, number in zip(self._loops, _LOOP_DEVICES[role], strict=True):
            # Separate device nodes: a machine may change their modes, and not the host's.
            os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(_LOOP_MAJOR, number))
        binds = (f"--bind={node}:/dev/{node.name}" for node in self._loops)
        self.privileges = ("--capability=all", *binds)

    def cut_power(self) -> None:
        """Cut the power and detach the loop devices, which outlive the machine."""
        super().cut_power()
        for node in self._loops:
            # A loop device that is not attached makes losetup fail, which is fine.
            subprocess.run(
                ["losetup", "--detach", f"/dev/{node.name}"],
                capture_output=True,
                check=False,
                timeout=_TIMEOUT_S,
            )


class RealSite(Nodes):
    """Nodes that build the real DevStack."""

    def __init__(self, folder: Path, tree: Path, credentials: Credentials, mirrors: Path) -> None:
        self.commits = {
            name: cut((mirrors / f"{name}.git").resolve(), folder / "git" / f"{name}.git", ref)
            for name, ref in _REPOSITORIES.items()
        }
        settings = configuration.parse(SETTINGS, stack="real", project="test")
        super().__init__(folder, tree, credentials, settings)

    def _serve(self, undo: contextlib.ExitStack) -> None:
        self.switch.route(self.settings.floating_cidr, via=self.settings.controller_ip)
        undo.callback(uplink.Uplink(self.switch).close)
        service = MirrorService(self._folder / "git")
        assert service.start(self.switch.path, self.switch.gateway) == self.settings.git_base
        undo.callback(service.stop)

    def _make(self, role: Role, tree: Path) -> BootedMachine:
        address = getattr(self.settings, f"{role}_ip")
        folder = self._folder / role
        return DevstackMachine(role, address, switch=self.switch, tree=tree, folder=folder)

    def _prepare(self, role: Role, machine: BootedMachine) -> None:
        uplink.prepare(machine.root)
        _lay_over(machine.root)
        # Enabled, as in an image where stack.sh itself installs Apache.
        enable = ("systemctl", "--root", machine.root, "--quiet", "enable", "apache2.service")
        subprocess.run(enable, check=True, timeout=_TIMEOUT_S)
        if role == "controller":
            guest.install(machine.root, self._folder / "guest")


def _lay_over(root: Path) -> None:
    """Copy the overlay's files into a root file system; replace links instead of following them."""
    source = OVERLAY / "rootfs"
    for file in (path for path in source.rglob("*") if path.is_file()):
        target = root / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(file, target)
