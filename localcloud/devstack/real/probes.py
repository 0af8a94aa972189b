"""Probes: features of this host's kernel, each tested by what needs it. They leave nothing behind.

A device file or a loaded module proves little: `/dev/kvm` may belong to a module that starts
virtual machines in which no ordinary kernel boots.
"""

import fcntl
import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

_KVM_CREATE_VM = 0xAE01
_TUNGETFEATURES = 0x800454CF
_KVM = Path("/dev/kvm")
_TUN = Path("/dev/net/tun")
_MODULES = Path("/sys/module")
_HARDWARE = ("kvm_intel", "kvm_amd")

_NETLINK_GENERIC = 16
_CONTROLLER = 16  # GENL_ID_CTRL
_ERROR = 2  # NLMSG_ERROR
_ANSWER_S = 10


@dataclass(frozen=True, kw_only=True)
class Host:
    """What the host's kernel can do for machines."""

    kvm: bool
    open_vswitch: bool
    tun: bool


def probe_host() -> Host:
    """Run every probe, as root."""
    return Host(kvm=has_kvm(), open_vswitch=has_netlink_family("ovs_datapath"), tun=has_tun())


def has_kvm(device: Path = _KVM, modules: Path = _MODULES) -> bool:
    """Tell whether KVM creates a virtual machine, and runs it on the processor's own support.

    Without that support, a module such as kvm_pvm runs kernels that were made for it. Others hang.
    """
    if not any((modules / name).is_dir() for name in _HARDWARE):
        return False
    try:
        machine = _ioctl(device, _KVM_CREATE_VM)
    except OSError:
        return False
    os.close(machine)
    return True


def has_tun(device: Path = _TUN) -> bool:
    """Tell whether the kernel makes tap devices, by which servers reach their networks."""
    try:
        _ioctl(device, _TUNGETFEATURES, bytes(4))
    except OSError:
        return False
    return True


def has_netlink_family(name: str) -> bool:
    """Tell whether the kernel has a family of generic netlink. The question loads its module."""
    text = name.encode() + b"\0"
    # CTRL_CMD_GETFAMILY with the attribute CTRL_ATTR_FAMILY_NAME, padded to four bytes.
    attribute = struct.pack("=HH", 4 + len(text), 2) + text + bytes(-len(text) % 4)
    question = struct.pack("=BBH", 3, 1, 0) + attribute
    header = struct.pack("=IHHII", 16 + len(question), _CONTROLLER, 1, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC) as kernel:
            kernel.settimeout(_ANSWER_S)
            kernel.send(header + question)
            answer = kernel.recv(1 << 16)
    except OSError:
        return False
    _, kind, *_ = struct.unpack_from("=IHHII", answer)
    return bool(kind != _ERROR)


def _ioctl(device: Path, request: int, argument: int | bytes = 0) -> int:
    """Return the result of an ioctl, which is a number for a number. Raises OSError."""
    descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        result = fcntl.ioctl(descriptor, request, argument)
    finally:
        os.close(descriptor)
    return result if isinstance(result, int) else 0
