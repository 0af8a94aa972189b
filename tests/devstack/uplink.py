"""Uplink: a way from the machines to package registries, and what an image needs to use them.

Packets leave through slirp4netns, an ordinary process of the host; nothing can come in, and the
host's own loopback is out of reach. Names of registries are the host's own, never written here.
"""

import os
import shutil
import subprocess
from pathlib import Path

from localcloud.machines.switch import Switch, in_namespace, inside
from localcloud.machines.tree import package_sources

_TAP = "uplink0"
_RESOLVER = "10.0.2.3"
"""slirp4netns answers there with what the host's resolver says."""
_TIMEOUT_S = 60
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP = Path("/etc/pip.conf")


class Uplink:
    """The bridge's namespace as the machines' router, until `close` or this process's end."""

    def __init__(self, switch: Switch) -> None:
        ready, say_ready = os.pipe()
        hang_up, self._line = os.pipe()
        with os.fdopen(ready) as answer:
            self._process = subprocess.Popen(
                [
                    *("slirp4netns", "--configure", "--mtu=1500", "--disable-host-loopback"),
                    # It ends when the other end of this pipe is closed, whoever closes it.
                    *(f"--ready-fd={say_ready}", f"--exit-fd={hang_up}"),
                    *("--netns-type=path", str(switch.path), _TAP),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(say_ready, hang_up),
                start_new_session=True,
            )
            os.close(say_ready)
            os.close(hang_up)
            assert answer.read(1) == "1", "slirp4netns made no way out"
        forwarding = Path("/proc/sys/net/ipv4/ip_forward")
        inside(switch.path, lambda: forwarding.write_text("1", encoding="ascii"))
        masquerade = ("POSTROUTING", "--out-interface", _TAP, "--jump", "MASQUERADE")
        rule = ("iptables", "--table", "nat", "--append", *masquerade)
        subprocess.run(in_namespace(switch.path, rule), check=True, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Cut it."""
        os.close(self._line)
        self._process.wait(timeout=_TIMEOUT_S)


def prepare(root: Path) -> None:
    """Give a machine what a cloud's image has: a resolver, package sources, trusted authorities."""
    (root / "etc/resolv.conf").write_text(f"nameserver {_RESOLVER}\n", encoding="utf-8")
    sources = "".join(f"{line}\n" for line in package_sources())
    (root / "etc/apt/sources.list").write_text(sources, encoding="utf-8")
    if _PIP.exists():
        shutil.copy2(_PIP, root / "etc/pip.conf")
    shutil.copytree(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"), dirs_exist_ok=True)
    shutil.copy2(_BUNDLE, root / _BUNDLE.relative_to("/"))
