"""Servers on loopback, and programs with answers that a test sets."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from job.cloud.place import Place


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def plain(tmp_path):
    """An environment with this machine's PATH, without a person's configuration."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}


@pytest.fixture
def program(tmp_path):
    """Put a shell script into a folder of the test; return the folder."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def put(name, script="exit 0"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder

    return put


@pytest.fixture
def web():
    """An HTTP server that answers each path with the statuses that a test sets.

    `server.answers[path]` is a list, used in turn; the last status repeats. `server.requests` lists
    the requests. The status "silence" sends no answer until the test ends.
    """
    answers, requests, over = {}, [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self._answer(body=b"")

        def do_GET(self):
            self._answer(body=b"x")

        def _answer(self, body):
            requests.append((self.command, self.path, self.headers.get("Range")))
            given = answers.get((self.command, self.path)) or answers.get(self.path) or [404]
            if given[0] == "silence":
                over.wait()
                return
            status, location = given[0] if isinstance(given[0], tuple) else (given[0], None)
            del given[: len(given) > 1]
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        server.answers, server.requests = answers, requests
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def place(api):
    """The project of `make_settings`, on the double."""
    return Place(project="capo", region="us-east4", endpoint=api.url, access_token="any")
