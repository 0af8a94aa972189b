"""Output: the streams of a command, kept for its outputs and logged line by line."""

import threading
from typing import Literal

from localcloud.plugins.provider import Call

Stream = Literal["stdout", "stderr"]

_LOGGED: dict[str, tuple[str, ...]] = {
    "stdout": ("stdout",),
    "stderr": ("stderr",),
    "stdoutAndStderr": ("stdout", "stderr"),
    "none": (),
}


class Output:
    """Both streams of one command. Safe to feed from two threads."""

    def __init__(self, call: Call, logging: str | None) -> None:
        self._call = call
        self._logged = _LOGGED[logging or "stdoutAndStderr"]
        self._lock = threading.Lock()
        self._streams: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._both = bytearray()
        self._line = bytearray()

    def feed(self, stream: Stream, data: bytes) -> None:
        """Add printed bytes. Log each complete line at once."""
        with self._lock:
            self._streams[stream] += data
            self._both += data
            if stream not in self._logged:
                return
            # One buffer for both streams, as the real plugin has one pipe: half lines may mix.
            self._line += data
            *lines, rest = self._line.split(b"\n")
            self._line = rest
        # Without the lock, since logging waits for the engine.
        for line in lines:
            self._log(line)

    def close(self) -> None:
        """Log the last line if the command did not end it."""
        if self._line:
            self._log(self._line)

    def properties(self) -> dict[str, str]:
        """Return both streams by name, without one newline at the end, as the real plugin does."""
        return {name: _text(data).removesuffix("\n") for name, data in self._streams.items()}

    def everything(self) -> str:
        """Return both streams in the order of arrival, for an error message."""
        return _text(self._both)

    def _log(self, line: bytes | bytearray) -> None:
        self._call.status(_text(line).removesuffix("\r"))


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", errors="replace")
