"""Mirrors: DevStack can clone and fetch a repository that was cut to one commit."""

import subprocess
from pathlib import Path

import pytest
import requests

from localcloud.devstack.real import mirrors
from localcloud.devstack.real.mirrors import AMPHORA_PATH, Mirrors, cut
from localcloud.errors import LocalcloudError
from tests.patience import PATIENCE_S


def git(folder: Path, *words: str) -> str:
    """Run git with a committer's name and address, and return its output."""
    name = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", folder, *name, *words],
        capture_output=True,
        check=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return done.stdout.strip()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A repository whose stable branch is one commit ahead of its last version tag."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=stable/1")
    for message in ("first", "second"):
        git(folder, "commit", "--quiet", "--no-verify", "--allow-empty", f"--message={message}")
        if message == "first":
            git(folder, "tag", "1.2.3")
    return folder


def clone(repository: Path, target: Path, ref: str) -> None:
    """Clone and check out a ref with the commands of DevStack's git_clone."""
    git(target.parent, "clone", "--quiet", "--no-checkout", str(repository), str(target))
    git(target, "fetch", "--quiet", "origin", ref)
    git(target, "checkout", "--quiet", "FETCH_HEAD")


def test_a_branch_is_its_newest_commit_with_a_version(mirror, tmp_path):
    """pbr derives a package's version from a tag, and fails without one."""
    commit = cut(mirror, tmp_path / "cut.git", "stable/1")

    clone(tmp_path / "cut.git", tmp_path / "clone", "stable/1")

    assert git(tmp_path / "clone", "log", "--format=%H %s") == f"{commit} second"
    assert git(tmp_path / "clone", "describe", "--tags") == "1.2.3"


def test_a_tag_can_be_fetched_by_its_name(mirror, tmp_path):
    commit = cut(mirror, tmp_path / "cut.git", "1.2.3")

    clone(tmp_path / "cut.git", tmp_path / "clone", "1.2.3")

    assert git(tmp_path / "clone", "log", "--format=%H %s") == f"{commit} first"


@pytest.fixture
def folder(mirror, tmp_path, monkeypatch):
    """A folder of mirrors with one repository that DevStack needs, and one of a user."""
    monkeypatch.setattr(mirrors, "_REFS", {"openstack/nova": "stable/1"})
    for name in ("openstack/nova", "someone/plugin"):
        target = tmp_path / "mirrors" / f"{name}.git"
        git(tmp_path, "clone", "--quiet", "--mirror", str(mirror), str(target))
    (tmp_path / "mirrors/images").mkdir()
    (tmp_path / "mirrors" / AMPHORA_PATH[1:]).write_bytes(b"an Amphora")
    return tmp_path / "mirrors"


def test_nodes_clone_from_the_served_address(folder, tmp_path):
    """A repository of the user's is served as it is, with or without .git."""
    with Mirrors(folder, tmp_path / "served").serve(Path("/proc/self/ns/net"), "127.0.0.1") as url:
        clone(f"{url}/openstack/nova", tmp_path / "nova", "stable/1")
        clone(f"{url}/someone/plugin.git", tmp_path / "plugin", "1.2.3")
        amphora = requests.get(f"{url}{AMPHORA_PATH}", timeout=PATIENCE_S).content

    assert git(tmp_path / "nova", "log", "--format=%s") == "second"
    assert git(tmp_path / "plugin", "log", "--format=%s") == "first"
    assert amphora == b"an Amphora"


def test_all_missing_mirrors_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(mirrors, "_REFS", {"openstack/nova": "r", "novnc/novnc": "v1"})

    with pytest.raises(LocalcloudError) as refused:
        Mirrors(tmp_path, tmp_path / "served")

    assert str(refused.value) == (
        f"mirrors: {tmp_path} lacks openstack/nova.git, novnc/novnc.git;"
        " clone them with 'git clone --mirror'"
    )
