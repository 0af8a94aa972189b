"""Servers on loopback, and programs that only say what a test tells them."""

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
    """The environment that programs run in: this machine's, without a person's configuration."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"}


@pytest.fixture
def program(tmp_path):
    """Put a shell script on a PATH of the test's own; gives that folder."""
    folder = tmp_path / "programs"
    folder.mkdir()

    def put(name, script="exit 0"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        return folder

    return put


@pytest.fixture
def web():
    """An HTTP server that answers a path with the statuses that a test gives it, one by one.

    `server.answers[path]` is a list, the last of which stays; `server.requests` what was asked. An
    answer "silence" is none until the test ends.
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
