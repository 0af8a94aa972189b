"""Loop devices: no two machines of this computer have the same."""

from contextlib import ExitStack

import pytest

from localcloud.devstack.real import machine
from localcloud.devstack.real.machine import LoopDevices
from localcloud.errors import LocalcloudError


@pytest.fixture(autouse=True)
def attached(monkeypatch):
    """The numbers of the loop devices that are attached."""
    numbers = set()
    monkeypatch.setattr(machine, "is_attached", numbers.__contains__)
    return numbers


@pytest.fixture
def take(tmp_path):
    """Take loop devices; the test's end releases them."""
    with ExitStack() as undo:

        def take_and_release():
            devices = LoopDevices.take(tmp_path)
            undo.callback(devices.release)
            return devices

        yield take_and_release


def test_each_machine_has_its_own_until_it_is_removed(take):
    first, second = take(), take()
    first.release()
    third = take()

    assert set(first.numbers).isdisjoint(second.numbers)
    assert third.numbers == first.numbers


def test_what_somebody_else_has_attached_is_left_alone(attached, take):
    attached.update((0, 5))

    assert {0, 5}.isdisjoint({*take().numbers, *take().numbers})


def test_devices_that_were_passed_over_can_be_taken_later(attached, take):
    attached.add(0)
    take()
    attached.clear()

    assert 0 in take().numbers


def test_a_computer_without_free_ones_is_refused(attached, tmp_path):
    attached.update(range(1000))

    with pytest.raises(LocalcloudError, match=r"^loop devices: all .* are taken; losetup shows"):
        LoopDevices.take(tmp_path)
