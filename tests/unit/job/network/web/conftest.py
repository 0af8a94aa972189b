"""A server that sends its answer byte by byte, and records when a client disconnects."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

# The longest answer: it takes far longer than any time limit of these tests.
_BYTES = 1200
_PAUSE_S = 0.05


class Dripper:
    """A server that sends `first` at once, then repeats `rest`, one byte at a time."""

    def __init__(self, first: bytes, rest: bytes) -> None:
        self.cut_off = threading.Event()
        self._first, self._rest = first, rest
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> str:
        """The server's host and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Stop, even in the middle of an answer."""
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            connection.recv(65536)
            connection.sendall(self._first)
            for number in range(_BYTES):
                if self._over.wait(_PAUSE_S):
                    return
                at = number % len(self._rest)
                connection.sendall(self._rest[at : at + 1])
        except OSError:
            self.cut_off.set()


@pytest.fixture
def dripper(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes, bytes], Dripper]]:
    """Start a server of this kind."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started: list[Dripper] = []

    def start(first: bytes, rest: bytes) -> Dripper:
        started.append(Dripper(first, rest))
        return started[-1]

    yield start
    for each in started:
        each.close()
