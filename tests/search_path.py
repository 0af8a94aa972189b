"""Search path: PATH as the tests have it, without programs that a test must not find."""

import os
from pathlib import Path


def path_without(*names: str) -> str:
    """Leave out each folder of PATH that has a program of one of those names."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(
        folder for folder in folders if not any(Path(folder, name).exists() for name in names)
    )
