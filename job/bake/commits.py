"""Commits: what the nodes were built from, as a setting of the stack of their images."""

from collections.abc import Mapping

from job.nodes.ssh import Role

Commits = Mapping[Role, Mapping[str, str]]
"""The commit of each repository, by role and name."""


def as_setting(commits: Commits) -> list[str]:
    """Return the value of `bakedCommits`: texts such as `worker/nova=SHA`."""
    return [
        f"{role}/{project}={commit}"
        for role, built_from in sorted(commits.items())
        for project, commit in sorted(built_from.items())
    ]
