"""Mirrors: DevStack can clone and fetch a repository that was cut to one commit."""

import subprocess
from pathlib import Path

import pytest

from tests.devstack.mirrors import cut
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
