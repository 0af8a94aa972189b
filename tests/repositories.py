"""Repositories: local git repositories with the refs that a stack of the default release needs."""

import subprocess
from pathlib import Path

_NAMES = ("devstack", "neutron", "octavia")
_BRANCH = "stable/2025.2"
_AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.invalid")


def make_repositories(base: Path) -> str:
    """Create the repositories below a folder; return the value of the setting gitBase."""
    for name in _NAMES:
        folder = base / "openstack" / name
        folder.mkdir(parents=True)
        for arguments in (
            ("init", "--quiet", f"--initial-branch={_BRANCH}"),
            (*_AUTHOR, "commit", "--quiet", "--allow-empty", "--message=first"),
        ):
            subprocess.run(["git", "-C", folder, *arguments], check=True)
    return f"file://{base}"
