"""Backend: convert between the folder of a Pulumi backend and its URL.

The CLI percent-decodes the path of a `file://` URL, so `#`, `?` and `%` are encoded here. In a
person's URL, `~` is the home folder, and a relative path starts at the CLI's working directory.
"""

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

_SCHEME = "file://"


def url_of(folder: Path) -> str:
    """Return the URL of an absolute folder, whatever its name."""
    return _SCHEME + quote(os.fsencode(folder))


def folder_of(url: str, *, base: Path) -> Path | None:
    """Return the folder of a URL, or None if it is of another kind of backend."""
    if not url.startswith(_SCHEME):
        return None
    path = url.removeprefix(_SCHEME).partition("?")[0].partition("#")[0]
    return base / Path(os.fsdecode(unquote_to_bytes(path))).expanduser()
