"""Suite configuration: what the suite's e2e_conf.yaml gives its variables."""

from collections.abc import Mapping
from pathlib import Path

import yaml


def path_of(given: Mapping[str, str], capo: Path) -> Path:
    """Where make takes it from, which runs in the CAPO checkout. It may not be there."""
    data = given.get("E2E_DATA_DIR", "test/e2e/data")
    return capo / given.get("E2E_CONF_PATH", f"{data}/e2e_conf.yaml")


def variables(conf: Path) -> dict[str, str]:
    """Its variables that are text and not empty; none of a file that cannot be read.

    What is wrong with the file is said by Settings, and by preflight if it is not there.
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
