"""Backend: the URL of a folder in which Pulumi keeps state, and back.

The CLI percent-decodes the path of a `file://` URL, so a name with `#`, `?` or `%` is encoded here.
In a URL that a person wrote, `~` is the home folder, and a relative path is meant from the folder
in which the CLI runs.
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
