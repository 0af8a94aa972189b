"""Search path: PATH without programs that a test must not find."""

import os
from pathlib import Path


def path_without(*names: str) -> str:
    """Return PATH without each folder that has one of these programs."""
    folders = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(
        folder for folder in folders if not any(Path(folder, name).exists() for name in names)
    )
