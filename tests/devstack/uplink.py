"""Uplink: a route from the machines to package registries, and the configuration to use it.

Packets leave through slirp4netns, an ordinary process of the host. Nothing can come in, and the
host's own loopback is unreachable. Registry names come from the host's configuration; none is
written here.
"""

import os
import shutil
import subprocess
from pathlib import Path

from localcloud.machines.switch import Switch, in_namespace, inside
from localcloud.machines.tree import package_sources

_TAP = "uplink0"
_RESOLVER = "10.0.2.3"
"""slirp4netns forwards DNS queries from this address to the host's resolver."""
_TIMEOUT_S = 60
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_PIP = Path("/etc/pip.conf")


class Uplink:
    """Make the bridge's namespace the machines' router, until `close` or this process's end."""

    def __init__(self, switch: Switch) -> None:
        ready, say_ready = os.pipe()
        hang_up, self._line = os.pipe()
        with os.fdopen(ready) as answer:
            self._process = subprocess.Popen(
                [
                    *("slirp4netns", "--configure", "--mtu=1500", "--disable-host-loopback"),
                    # slirp4netns ends when this pipe closes: at `close`, or when this process dies.
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
        """Stop slirp4netns and wait for its end."""
        os.close(self._line)
        self._process.wait(timeout=_TIMEOUT_S)


def prepare(root: Path) -> None:
    """Give a machine the resolver, package sources and CA certificates that a cloud image has."""
    (root / "etc/resolv.conf").write_text(f"nameserver {_RESOLVER}\n", encoding="utf-8")
    sources = "".join(f"{line}\n" for line in package_sources())
    (root / "etc/apt/sources.list").write_text(sources, encoding="utf-8")
    if _PIP.exists():
        shutil.copy2(_PIP, root / "etc/pip.conf")
    shutil.copytree(_CERTIFICATES, root / _CERTIFICATES.relative_to("/"), dirs_exist_ok=True)
    shutil.copy2(_BUNDLE, root / _BUNDLE.relative_to("/"))
