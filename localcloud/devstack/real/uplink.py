"""Uplink: a route from the machines to package registries, and the configuration to use it.

Packets leave through slirp4netns, an ordinary process of the host. Nothing can come in, and the
host's own loopback is unreachable. Registry names come from the host's configuration; none is
written here.
"""

import os
import select
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host.processes import Child, Program
from localcloud.errors import LocalcloudError
from localcloud.machines.router import UPLINK
from localcloud.machines.switch import Switch, in_namespace
from localcloud.machines.tree import package_sources
from localcloud.programs import run

RESOLVER = "10.0.2.3"
"""slirp4netns forwards DNS queries from this address to the host's resolver."""
_TIMEOUT_S = 60
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP = Path("/etc/pip.conf")
_MASQUERADE = f"""
table ip uplink {{
  chain postrouting {{
    type nat hook postrouting priority srcnat
    oifname {UPLINK} masquerade
  }}
}}
"""


@contextmanager
def opened(switch: Switch) -> Iterator[None]:
    """Make the switch's namespace the machines' way out while the block runs.

    It ends with this process at the latest. Raises LocalcloudError if slirp4netns makes no way.
    """
    ready, say_ready = os.pipe()
    hang_up, line = os.pipe()
    options = ("--configure", "--mtu=1500", "--disable-host-loopback")
    # slirp4netns ends when the second pipe closes: at the end, or when this process dies.
    pipes = (f"--ready-fd={say_ready}", f"--exit-fd={hang_up}")
    where = ("--netns-type=path", str(switch.path), UPLINK)
    program = Program(
        command=["slirp4netns", *options, *pipes, *where],
        environment=os.environ,
        descriptors=(say_ready, hang_up),
    )
    with Path(os.devnull).open("wb") as nowhere:
        child = Child(program, nowhere.fileno())
    os.close(say_ready)
    os.close(hang_up)
    try:
        with os.fdopen(ready, "rb") as answer:
            readable, _, _ = select.select([answer], [], [], _TIMEOUT_S)
            if not readable or answer.read(1) != b"1":
                raise LocalcloudError("uplink: slirp4netns made no way to package registries")
        run(*in_namespace(switch.path, ["nft", _MASQUERADE]))
        yield
    finally:
        os.close(line)
        child.end()


def prepare(root: Path) -> None:
    """Give a machine the resolver, package sources and CA certificates that a cloud image has."""
    (root / "etc/resolv.conf").write_text(f"nameserver {RESOLVER}\n", encoding="utf-8")
    sources = "".join(f"{line}\n" for line in package_sources())
    (root / "etc/apt/sources.list").write_text(sources, encoding="utf-8")
    if _PIP.exists():
        shutil.copy2(_PIP, root / "etc/pip.conf")
    if _CERTIFICATES.is_dir():
        shutil.copytree(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"), dirs_exist_ok=True)
    shutil.copy2(_BUNDLE, root / _BUNDLE.relative_to("/"))
