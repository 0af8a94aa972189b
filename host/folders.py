"""Folders: the state and cache folders, outside the checkout."""

import re
from collections.abc import Mapping
from pathlib import Path

from host.errors import RefusedError

CHECKOUT = Path(__file__).resolve().parent.parent
# Characters that cannot be escaped for a program that gets the name: ${ is a variable to ssh, a
# colon separates entries of PATH, and a comma those of mount's options.
_NOT_IN_STATE = re.compile(r"[\x00-\x1f\x7f]|\$\{")
_NOT_IN_CACHE = re.compile(r"[\x00-\x1f\x7f:,]")


def state_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of stacks, passphrases and localcloud's daemon. Raises RefusedError."""
    return _folder(environ, "DEVSTACK_STATE_DIR", "XDG_STATE_HOME", ".local/state", _NOT_IN_STATE)


def cache_dir(environ: Mapping[str, str]) -> Path:
    """Return the folder of things that can be rebuilt. Raises RefusedError for an unusable name."""
    return _folder(environ, "DEVSTACK_CACHE_DIR", "XDG_CACHE_HOME", ".cache", _NOT_IN_CACHE)


def _folder(
    environ: Mapping[str, str], own: str, base: str, fallback: str, unfit: re.Pattern[str]
) -> Path:
    if environ.get(own):
        folder = Path(environ[own]).expanduser().absolute()
    else:
        root = environ.get(base) or Path(environ.get("HOME") or Path.home()) / fallback
        folder = Path(root).absolute() / "devstack"
    if found := unfit.search(str(folder)):
        raise RefusedError(
            f"{own}: {str(folder)!r} holds {found[0]!r}, which not every program here can be"
            " given in a name; name another folder"
        )
    return folder
