"""Probes: a feature counts only if the kernel does what needs it."""

import errno
import os
from pathlib import Path

import pytest

from localcloud.devstack.real import probes


@pytest.fixture
def modules(tmp_path):
    """A folder like /sys/module, with the processor's support for KVM."""
    (tmp_path / "modules/kvm_intel").mkdir(parents=True)
    return tmp_path / "modules"


@pytest.fixture
def device(tmp_path):
    """A file that can be opened like a device."""
    file = tmp_path / "device"
    file.touch()
    return file


@pytest.fixture
def answers(monkeypatch):
    """Let every ioctl return this, or raise it."""

    def ioctl(result):
        def answer(_descriptor, _request, _argument=0):
            if isinstance(result, OSError):
                raise result
            return result() if callable(result) else result

        monkeypatch.setattr(probes.fcntl, "ioctl", answer)

    return ioctl


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_kvm_works_if_it_makes_a_virtual_machine(device, modules, answers):
    answers(lambda: os.open(os.devnull, os.O_RDONLY))
    before = open_descriptors()

    assert probes.has_kvm(device, modules)
    assert open_descriptors() == before


def test_kvm_that_makes_no_virtual_machine_does_not_work(device, modules, answers):
    """So it is with a processor whose firmware has switched virtualization off."""
    answers(OSError(errno.EOPNOTSUPP, "Operation not supported"))
    before = open_descriptors()

    assert not probes.has_kvm(device, modules)
    assert open_descriptors() == before


def test_kvm_without_the_processors_support_runs_no_ordinary_kernel(device, modules, answers):
    answers(lambda: os.open(os.devnull, os.O_RDONLY))
    (modules / "kvm_intel").rename(modules / "kvm_pvm")

    assert not probes.has_kvm(device, modules)


def test_a_file_in_a_devices_place_is_no_device(device, modules):
    """A machine has one in the place of /dev/kvm."""
    assert not probes.has_kvm(device, modules)
    assert not probes.has_tun(device)


def test_a_missing_device_is_no_device(tmp_path, modules):
    assert not probes.has_kvm(tmp_path / "none", modules)
    assert not probes.has_tun(tmp_path / "none")


def test_tap_devices_need_a_kernel_that_answers(device, answers):
    answers(bytes(4))

    assert probes.has_tun(device)


def test_the_kernel_is_asked_for_families_of_netlink():
    """Every kernel has the one by which it is asked."""
    assert probes.has_netlink_family("nlctrl")
    assert not probes.has_netlink_family("no-such-family")


def test_a_sandbox_without_netlink_has_no_family(monkeypatch):
    def refuse(*_):
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(probes.socket, "socket", refuse)

    assert not probes.has_netlink_family("nlctrl")
