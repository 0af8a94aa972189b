"""Host: what a host lacks for machines that build the real DevStack, and the replacements.

The table has a row for each lack. A row without a probe is a lack of every machine, since it is a
container: it shares the host's kernel and has a network of its own. The replacement is the folder
`overlay/NAME`: `local.conf` is added to the setting localConfFile, and the files of `rootfs` are
copied over those of both machines. A lack without such a folder is refused.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from localcloud.devstack.real.probes import Host
from localcloud.errors import LocalcloudError

OVERLAY = Path(__file__).parent / "overlay"
MIRRORS = OVERLAY / "mirrors" / "local.conf"
"""Variables that repositories from mirrors need, whatever the host can do."""


@dataclass(frozen=True, kw_only=True)
class Lack:
    """A feature that may be missing.

    `differs` tells the user what differs without the feature. `present` is None for a lack of every
    machine. A `remedy` is for a lack that nothing replaces. `devices` are device files of the host
    that a machine needs to use the feature: copies, since a machine changes their modes. `shared`
    are folders of the replacement that all machines of a cloud have in common. Everybody may write
    there.
    """

    name: str
    differs: str
    present: Callable[[Host], bool] | None = None
    remedy: str = ""
    devices: tuple[Path, ...] = ()
    shared: tuple[Path, ...] = ()


TABLE = (
    Lack(
        name="container",
        differs="a node shares this machine's kernel: it loads no modules and tunes no memory",
    ),
    Lack(
        name="iscsi",
        differs="volumes are files, not LVM's: one that is attached cannot be extended",
        shared=(Path("/var/lib/cinder-volumes"),),
    ),
    Lack(
        name="kvm",
        present=lambda host: host.kvm,
        differs="no KVM on this processor: servers are emulated, about ten times slower",
        devices=(Path("/dev/kvm"),),
    ),
    Lack(
        name="open-vswitch",
        present=lambda host: host.open_vswitch,
        differs="no Open vSwitch in this kernel: networks of servers are switched in userspace",
    ),
    Lack(
        name="tun",
        present=lambda host: host.tun,
        differs="no tap devices in this kernel: servers would have no network",
        remedy="load the module tun, or use a kernel that has it",
    ),
)
"""Every lack, in the order of its replacement."""


def lacks(host: Host) -> tuple[Lack, ...]:
    """Return the rows that apply, in the table's order.

    Raises LocalcloudError with all remedies if something is missing that nothing replaces.
    """
    rows = tuple(row for row in TABLE if row.present is None or not row.present(host))
    refused = [f"{row.differs}; {row.remedy}" for row in rows if row.remedy]
    if refused:
        raise LocalcloudError(f"machines: {'; '.join(refused)}")
    return rows


def devices(rows: Iterable[Lack]) -> tuple[Path, ...]:
    """Return the host's device files that machines need for the features that it has."""
    missing = tuple(rows)
    return tuple(path for row in TABLE if row not in missing for path in row.devices)


def shared_folders(rows: Iterable[Lack]) -> tuple[Path, ...]:
    """Return the paths in each machine over which the same folder of the host is to be mounted."""
    return tuple(path for row in rows for path in row.shared)


def local_conf(rows: Iterable[Lack], *, mirrors: bool) -> str:
    """Return the text of the setting localConfFile.

    Each part begins with a heading, since the one before it may have ended in another section.
    """
    files = [MIRRORS] if mirrors else []
    files += [OVERLAY / row.name / "local.conf" for row in rows]
    texts = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    return "\n".join(f"[[local|localrc]]\n{text}" for text in texts)


def lay_over(rows: Iterable[Lack], root: Path) -> None:
    """Copy the rows' files into a root file system; replace links instead of following them."""
    for source in (OVERLAY / row.name / "rootfs" for row in rows):
        for file in (path for path in source.rglob("*") if path.is_file()):
            target = root / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(file, target)
