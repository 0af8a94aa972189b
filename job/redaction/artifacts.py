"""Artifacts: the only way to write files that everybody may read, such as those in ARTIFACTS.

Everything is masked with the secrets that the process knows at that moment.
"""

from pathlib import Path

from job.redaction.known import SECRETS, Passage
from job.redaction.printing import Masked

# Characters that are masked at a time, so that memory stays bounded.
_PIECE = 2**20
# Bytes that are not UTF-8 are copied unchanged.
_KEEP_BYTES = "surrogateescape"


class Artifacts:
    """A folder of files without secrets. It is created with the first file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        """Write a text file atomically."""
        path = self._prepared(name)
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(SECRETS.mask(text), encoding="utf-8", errors="backslashreplace")
        partial.replace(path)

    def append(self, name: str) -> Masked:
        """Open a log for appending, each line of which is on disk at once."""
        path = self._prepared(name)
        return Masked(path.open("a", buffering=1, encoding="utf-8", errors="backslashreplace"))

    def copy(self, source: Path, name: str) -> None:
        """Copy a file of any size."""
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
        """Write foreign content, text or binary."""
        text = content.decode("utf-8", _KEEP_BYTES)
        self._prepared(name).write_bytes(SECRETS.mask(text).encode("utf-8", _KEEP_BYTES))

    def _prepared(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
