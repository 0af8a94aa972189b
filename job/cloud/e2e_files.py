"""E2E files: write clouds.yaml and e2e.env from a stack's outputs."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from host.errors import JobError, RefusedError

# Marks a clouds.yaml that may be overwritten.
_MARK = "# Written by `python -m job e2e-files` from the outputs of a stack.\n"


def write(outputs: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write both files and return their paths. Raises JobError before it writes either."""
    try:
        clouds, variables = outputs["clouds_yaml"], outputs["e2e_variables"]
    except KeyError as missing:
        raise JobError(f"outputs: the stack has no {missing}; run 'up' first") from None
    if not folder.is_dir():
        raise RefusedError(f"--dir: {folder} is no folder; make it first")
    path = folder / "clouds.yaml"
    if path.exists() and not path.read_text(encoding="utf-8").startswith(_MARK):
        raise RefusedError(
            f"{path}: it was written by somebody else; move it away, or name a --dir"
        )
    exports = [f"export {name}={shlex.quote(str(value))}" for name, value in variables.items()]
    _replace(path, _MARK + clouds)
    _replace(folder / "e2e.env", "\n".join([_MARK.rstrip(), *exports, ""]))
    return [path, folder / "e2e.env"]


def _replace(path: Path, text: str) -> None:
    """Write a file atomically, with mode 0600."""
    with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    Path(file.name).replace(path)
