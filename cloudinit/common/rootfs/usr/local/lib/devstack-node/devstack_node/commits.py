"""Commits: record the commit of each repository of this node, so that runs can be compared."""

from __future__ import annotations

import json

from devstack_node import node

_COMMITS = node.STATE_DIRECTORY / "commits.json"


def main(_: list[str]) -> int:
    """Write commits.json: the HEAD of every repository in /opt/stack, by directory name."""
    # Git refuses to read a repository of another user.
    git = ("runuser", "--user", "stack", "--", "git")
    found = {}
    for repository in sorted((node.ROOT / "opt/stack").glob("*/.git")):
        folder = repository.parent
        try:
            said = node.run(*git, "-C", str(folder), "rev-parse", "HEAD")
        except RuntimeError as error:
            # An interrupted clone must not hide the commits of the others.
            node.say(f"{folder} has no commit: {error}")
            continue
        found[folder.name] = said.strip()
    _COMMITS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0
