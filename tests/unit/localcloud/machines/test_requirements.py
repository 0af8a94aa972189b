"""Requirements: a host that cannot boot machines gets a one-line reason."""

import os
import shutil

import pytest

from localcloud.errors import LocalcloudError
from localcloud.kind import Kind
from localcloud.machines import requirements

MACHINES = Kind(machines=True)


def test_somebody_who_is_not_root_is_refused(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(LocalcloudError, match=r"^machines: they boot as root only; .*$"):
        requirements.require(MACHINES)


def test_missing_packages_are_named_all_at_once(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    absent = {"nft", "systemd-nspawn"}
    monkeypatch.setattr(shutil, "which", lambda name: None if name in absent else name)

    with pytest.raises(LocalcloudError) as refused:
        requirements.require(MACHINES)

    assert str(refused.value) == (
        "machines: missing: nftables systemd-container;"
        " install with: apt-get install nftables systemd-container"
    )


def test_a_host_that_has_everything_is_accepted(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: name)

    requirements.require(MACHINES)
