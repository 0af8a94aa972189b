"""Artifacts: the one way to write below ARTIFACTS, or wherever else logs are left for everybody.

All of it passes through `SECRETS`, which masks what the process knows to be secret by then.
"""

from pathlib import Path
from typing import TextIO

from job.redaction.known import SECRETS, Passage

# As much of a file is masked at a time, in characters.
_PIECE = 2**20
# Bytes that are no UTF-8 stay what they are.
_KEEP_BYTES = "surrogateescape"


class Artifacts:
    """A folder whose files may be shown to everybody; it is made when the first is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Replace a file as a whole."""
        path = self._prepared(name)
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(SECRETS.mask(text), encoding="utf-8", errors="backslashreplace")
        partial.replace(path)

    def append(self, name: str) -> "Appended":
        """Go on with a log, or begin it."""
        return Appended(self._prepared(name))

    def copy(self, source: Path, name: str) -> None:
        """Copy a file, of any size."""
        passage = Passage(SECRETS)
        with (
            source.open(encoding="utf-8", errors=_KEEP_BYTES, newline="") as read,
            self._prepared(name).open(
                "w", encoding="utf-8", errors=_KEEP_BYTES, newline=""
            ) as file,
        ):
            while lines := read.readlines(_PIECE):
                file.write(passage.mask("".join(lines)))

    def keep(self, name: str, content: bytes) -> None:
        """Write what somebody else has made, text or not."""
        text = content.decode("utf-8", _KEEP_BYTES)
        self._prepared(name).write_bytes(SECRETS.mask(text).encode("utf-8", _KEEP_BYTES))

    def _prepared(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class Appended:
    """A log that grows by whole lines, each on disk at once."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._passage = Passage(SECRETS)

    def write(self, lines: str) -> None:
        """Add lines."""
        self._file.write(self._passage.mask(lines))
        self._file.flush()

    def close(self) -> None:
        """End it."""
        self._file.close()
