"""Environment: OpenStack's test suite, installed apart from this project's own packages."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from host.errors import JobError
from host.processes import Program, ask
from localcloud.locks import exclusive

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
_INSTALL_S = 1800


def ensure_environment(cache: Path) -> Path:
    """Return a folder with `bin/tempest`. Install it first if there is none.

    Raises JobError if pip fails. A changed requirements file or Python gets a new folder.
    """
    recipe = REQUIREMENTS.read_bytes() + sys.version.encode()
    folder = cache / "tempest" / hashlib.sha256(recipe).hexdigest()[:16]
    finished = folder / "installed"
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not finished.exists():
        with exclusive(folder.with_suffix(".lock"), "it installs tempest"):
            if not finished.exists():
                _install(folder)
                finished.touch()
    return folder


def _install(folder: Path) -> None:
    # The rest of an interrupted installation.
    shutil.rmtree(folder, ignore_errors=True)
    print("installing tempest and its plugins: once, about 2 minutes", file=sys.stderr)
    pip = (folder / "bin/python", "-m", "pip", "install", "--quiet", "--no-user")
    for command in (
        (sys.executable, "-m", "venv", folder),
        (*pip, "--require-hashes", "--requirement", REQUIREMENTS),
    ):
        answer = ask(Program(command=command, environment=os.environ), timeout_s=_INSTALL_S)
        if answer.code:
            raise JobError(
                f"tempest: it cannot be installed: {answer.reason}; it needs the package index,"
                " so install it outside the cloud's network with --prepare"
            )
