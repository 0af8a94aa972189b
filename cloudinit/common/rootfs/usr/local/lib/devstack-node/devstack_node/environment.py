"""Environment: the node's settings, from node.env, which the shell scripts source as well."""

from __future__ import annotations

import math
import shlex

from devstack_node import files, node

_FILE = node.ROOT / "etc/devstack-node/node.env"
_ROLES = ("controller", "worker")


class Settings(dict[str, str]):
    """Settings by name. A missing name raises UnreadableError."""

    def __missing__(self, name: str) -> str:
        raise files.UnreadableError(f"{_FILE}: no {name} in it")

    def seconds(self, name: str) -> float:
        """Return a duration in seconds. Raises UnreadableError for anything but a finite number."""
        try:
            found = float(self[name])
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise files.UnreadableError(f"{_FILE}: {name} is '{self[name]}', no number")
        return found

    def runs(self, service: str) -> bool:
        """Tell whether a DevStack service is enabled on this node."""
        return service in self["SERVICES"].split(",")


def read() -> Settings:
    """Read node.env. Raises UnreadableError, also if ROLE is missing or unknown."""
    try:
        words = shlex.split(files.text(_FILE), comments=True)
    except ValueError as error:
        raise files.UnreadableError(f"{_FILE}: {error}") from None
    found = Settings(word.split("=", 1) for word in words if "=" in word)
    if found["ROLE"] not in _ROLES:
        raise files.UnreadableError(f"{_FILE}: ROLE is '{found['ROLE']}'")
    return found
