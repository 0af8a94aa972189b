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
"""Of the host's, which all machines share: each sees its own only."""
_LOOP_MAJOR = 7
_TIMEOUT_S = 30

SETTINGS = {
    "operatingSystem": "debian-12",
    "release": RELEASE,
    "gitBase": f"http://10.0.3.1:{PORT}",
    "localConfFile": str(OVERLAY / "local.conf"),
    # OVN from source is 9 minutes more on each node, and the kernel's datapath is missing anyway.
    "ovnFromSource": "false",
    # No image of Octavia's can be had here: an empty one takes its name and tag.
    "amphoraImageUrl": f"file://{guest.AMPHORA}",
    # Two nodes on a machine that has a fraction of one's cores.
    "gitTimeoutS": "900",
    "serviceTimeoutS": "900",
    "nodeDeadlineS": "7200",
    "readyTimeoutS": "7200",
    "volumeBackingGib": "20",
}
"""What differs from the defaults, and why."""


class DevstackMachine(BootedMachine):
    """A machine with all capabilities but that of making device nodes, and with loop devices."""

    def __init__(self, role: Role, address: str, *, switch: Switch, tree: Path, folder: Path):
        super().__init__(role, address, switch=switch, tree=tree, folder=folder)
        self._loops = [folder / f"loop{number}" for number in _LOOP_DEVICES[role]]
        for node, number in zip(self._loops, _LOOP_DEVICES[role], strict=True):
            # Nodes of its own: what a machine does to their modes is not done to the host's.
            os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(_LOOP_MAJOR, number))
        binds = (f"--bind={node}:/dev/{node.name}" for node in self._loops)
        self.privileges = ("--capability=all", *binds)

    def cut_power(self) -> None:
        """Cut the power, and let go of the files that loop devices hold."""
        super().cut_power()
        for node in self._loops:
            # One that holds nothing is no failure.
            subprocess.run(
                ["losetup", "--detach", f"/dev/{node.name}"],
                capture_output=True,
                check=False,
                timeout=_TIMEOUT_S,
            )


class RealSite(Nodes):
    """Nodes whose DevStack is the real one."""

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
        # As it is where it was not there before stack.sh.
        enable = ("systemctl", "--root", machine.root, "--quiet", "enable", "apache2.service")
        subprocess.run(enable, check=True, timeout=_TIMEOUT_S)
        if role == "controller":
            guest.install(machine.root, self._folder / "guest")


def _lay_over(root: Path) -> None:
    """Put the overlay's files where they belong, in place of links too."""
    source = OVERLAY / "rootfs"
    for file in (path for path in source.rglob("*") if path.is_file()):
        target = root / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(file, target)
