"""Environment: what this node was told, in node.env, a file that the scripts source too."""

from __future__ import annotations

import math
import shlex

from devstack_node import files, node

_FILE = node.ROOT / "etc/devstack-node/node.env"
_ROLES = ("controller", "worker")


class Settings(dict[str, str]):
    """Values by name. One that the file lacks is an UnreadableError, as is the whole file."""

    def __missing__(self, name: str) -> str:
        raise files.UnreadableError(f"{_FILE}: no {name} in it")

    def seconds(self, name: str) -> float:
        """Return a number of seconds. Raises UnreadableError for a value that is none."""
        try:
            found = float(self[name])
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise files.UnreadableError(f"{_FILE}: {name} is '{self[name]}', no number")
        return found

    def runs(self, service: str) -> bool:
        """Whether that DevStack service runs on this node."""
        return service in self["SERVICES"].split(",")


def read() -> Settings:
    """Return the settings. Raises UnreadableError for a file without a known role, too."""
    try:
        words = shlex.split(files.text(_FILE), comments=True)
    except ValueError as error:
        raise files.UnreadableError(f"{_FILE}: {error}") from None
    found = Settings(word.split("=", 1) for word in words if "=" in word)
    if found["ROLE"] not in _ROLES:
        raise files.UnreadableError(f"{_FILE}: ROLE is '{found['ROLE']}'")
    return found
