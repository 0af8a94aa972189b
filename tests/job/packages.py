"""Packages: a cache folder in which scripts/run-job finds what the tests themselves run with."""

import sys
from hashlib import sha256
from pathlib import Path

from host.folders import CHECKOUT


def cache_with_packages(folder: Path, prefix: Path = Path(sys.prefix)) -> Path:
    """Make the folder, as the script would after it has installed the packages of `prefix`."""
    key = sha256((CHECKOUT / "requirements.txt").read_bytes()).hexdigest()[:16]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    venv = folder / "venv" / f"python{version}-{key}"
    venv.mkdir(parents=True)
    for path in prefix.iterdir():
        (venv / path.name).symlink_to(path)
    (venv / "complete").touch()
    return folder
