"""Folders: where state and caches live, outside the checkout."""

from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def state_dir(environ: Mapping[str, str]) -> Path:
    """What must outlive a run: stacks, their passphrases, localcloud's daemon."""
    return _folder(environ, "DEVSTACK_STATE_DIR", "XDG_STATE_HOME", ".local/state")


def cache_dir(environ: Mapping[str, str]) -> Path:
    """What can be made again: localcloud's builds."""
    return _folder(environ, "DEVSTACK_CACHE_DIR", "XDG_CACHE_HOME", ".cache")


def _folder(environ: Mapping[str, str], own: str, base: str, fallback: str) -> Path:
    if environ.get(own):
        return Path(environ[own]).expanduser().absolute()
    root = environ.get(base) or Path(environ.get("HOME") or Path.home()) / fallback
    return Path(root).absolute() / "devstack"
