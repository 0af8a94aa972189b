"""Suite configuration: read the variables in the suite's e2e_conf.yaml."""

from collections.abc import Mapping
from pathlib import Path

import yaml


def path_of(given: Mapping[str, str], capo: Path) -> Path:
    """Return the file that make uses, relative to the CAPO checkout. It may not exist."""
    data = given.get("E2E_DATA_DIR", "test/e2e/data")
    return capo / given.get("E2E_CONF_PATH", f"{data}/e2e_conf.yaml")


def variables(conf: Path) -> dict[str, str]:
    """Return its non-empty text variables; none of an unreadable file.

    The validation of settings reports faults of the file, and preflight a missing one.
    """
    try:
        document = yaml.safe_load(conf.read_text(encoding="utf-8"))
        found = document["variables"].items()
    except (OSError, UnicodeDecodeError, yaml.YAMLError, LookupError, TypeError, AttributeError):
        return {}
    return {
        name: value
        for name, value in found
        if isinstance(name, str) and isinstance(value, str) and value
    }
