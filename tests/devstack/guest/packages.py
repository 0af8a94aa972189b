"""Packages: fetch Debian packages with apt and unpack them, without installing them."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from host.errors import JobError

_TIMEOUT_S = 300


def ask(*command: str) -> str:
    """Return the output of an apt program. Raises JobError with its complaint."""
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=_TIMEOUT_S)
    if done.returncode:
        complaint = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise JobError(f"guest: {command[0]}: {complaint}; run 'apt-get update'")
    return done.stdout


def checksums(names: Sequence[str]) -> str:
    """Return the file names and checksums of the packages that would be fetched."""
    lines = ask("apt-get", "download", "--print-uris", *names).splitlines()
    return "\n".join(sorted(line.split(" ", 1)[1] for line in lines))


def unpack(names: Sequence[str], folder: Path) -> None:
    """Unpack packages into one tree."""
    # apt downloads as an unprivileged user, which may not enter every folder.
    with tempfile.TemporaryDirectory() as downloads:
        Path(downloads).chmod(0o777)
        fetch = ("apt-get", "download", "--quiet=2", *names)
        subprocess.run(fetch, check=True, cwd=downloads, timeout=_TIMEOUT_S)
        for package in sorted(Path(downloads).glob("*.deb")):
            extract = ("dpkg-deb", "--extract", package, folder)
            subprocess.run(extract, check=True, timeout=_TIMEOUT_S)
