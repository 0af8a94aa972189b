"""The checkout: the job leaves it clean and works when it is read-only."""

import os
import subprocess
import sys

import pytest

from tests.patience import PATIENCE_S


@pytest.fixture
def clone(cloud, tmp_path):
    """A clean clone of the last commit, as CI checks it out."""
    path = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", str(cloud.checkout), str(path)], check=True, timeout=PATIENCE_S
    )
    return path


def read_only(path):
    """Return a command prefix that makes a folder read-only, even for root."""
    if os.geteuid():
        subprocess.run(["chmod", "--recursive", "a-w", str(path)], check=True, timeout=PATIENCE_S)
        return []
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"'
    return ["unshare", "--mount", "bash", "-c", script, str(path)]


def test_a_read_only_checkout_does_and_stays_clean(cloud, clone):
    cloud.checkout = clone
    # A program that the fork server forks is in its mount namespace, where the clone is writable.
    cloud.python = sys.executable
    for command in ("up", "preview", "down"):
        subprocess.run(
            [*read_only(clone), *cloud.command(command)],
            cwd=clone,
            env=cloud.variables(),
            check=True,
            capture_output=True,
            timeout=PATIENCE_S,
        )
    status = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"],
        cwd=clone,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert status.stdout == ""
    assert cloud.inventory() == set()
