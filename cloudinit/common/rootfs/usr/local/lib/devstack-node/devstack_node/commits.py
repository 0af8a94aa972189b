"""Commits: which commit of each repository this node was built from, to compare two runs by."""

from __future__ import annotations

import json

from devstack_node import node

_COMMITS = node.STATE_DIRECTORY / "commits.json"


def main(_: list[str]) -> int:
    """Write the commit of every repository in /opt/stack that has one, by the directory's name."""
    # Git answers a repository's owner only.
    git = ("runuser", "--user", "stack", "--", "git")
    found = {}
    for repository in sorted((node.ROOT / "opt/stack").glob("*/.git")):
        folder = repository.parent
        try:
            said = node.run(*git, "-C", str(folder), "rev-parse", "HEAD")
        except RuntimeError as error:
            # One that was cloned by half is no reason to forget the others.
            node.say(f"{folder} has no commit: {error}")
            continue
        found[folder.name] = said.strip()
    _COMMITS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0
