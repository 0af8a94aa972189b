"""Mirrors: the repositories that DevStack clones, cut to one commit each and served over HTTP.

A mirror is a bare repository OWNER/NAME.git below one folder. Mirrors of big repositories may lack
old objects, so only the tip of each ref is served, with the tag from which pbr derives a version.
"""

import os
import subprocess
import threading
from collections.abc import Iterable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localcloud.machines.switch import inside

PORT = 8418
_TIMEOUT_S = 600
_CHUNK_BYTES = 1 << 16


def cut(mirror: Path, target: Path, ref: str) -> str:
    """Make a repository that has only the ref's newest commit; return the commit."""
    _git(target, "init", "--quiet", "--bare", f"--initial-branch={ref}", ".")
    # A tag stays a tag and a branch stays a branch, so that DevStack can fetch it by its name.
    kind = "tags" if _git(mirror, "tag", "--list", ref) else "heads"
    name = f"refs/{kind}/{ref}"
    _git(target, "fetch", "--quiet", "--depth=1", "--no-tags", f"file://{mirror}", f"{name}:{name}")
    commit = _git(target, "rev-parse", f"{name}^{{commit}}")
    if kind == "heads":
        version = _git(mirror, "describe", "--tags", "--abbrev=0", commit)
        _git(target, "tag", version, commit)
    return commit


def _git(folder: Path, *words: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        check=False,
        text=True,
        timeout=_TIMEOUT_S,
    )
    assert done.returncode == 0, f"{folder}: git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


class MirrorService:
    """Serve a folder with `git http-backend` at an address in a network namespace."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: ThreadingHTTPServer | None = None

    def start(self, namespace: Path, address: str) -> str:
        """Start to listen; return the value for GIT_BASE."""
        handler = partial(_Handler, self._folder)
        self._server = inside(namespace, lambda: ThreadingHTTPServer((address, PORT), handler))
        threading.Thread(target=self._server.serve_forever, args=(0.5,)).start()
        return f"http://{address}:{PORT}"

    def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, folder: Path, *arguments: object) -> None:
        self._root = folder
        super().__init__(*arguments)  # type: ignore[arg-type] # as given

    def do_GET(self) -> None:
        """Answer with git's output."""
        self._backend(b"")

    def do_POST(self) -> None:
        """Pass the client's request body to git and answer with its output."""
        self._backend(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _backend(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        # OWNER/NAME is accepted without .git, as on GitHub.
        owner, name, *rest = path.lstrip("/").split("/")
        path = "/".join(("", owner, name.removesuffix(".git") + ".git", *rest))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self._root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        with subprocess.Popen(
            ["git", "http-backend"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(body)
            process.stdin.close()
            self._answer_head(iter(process.stdout.readline, b"\r\n"))
            while chunk := process.stdout.read(_CHUNK_BYTES):
                self.wfile.write(chunk)

    def _answer_head(self, lines: Iterable[bytes]) -> None:
        headers = dict(line.decode().rstrip().split(": ", 1) for line in lines)
        self.send_response_only(int(headers.pop("Status", "200").split()[0]))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep requests out of the output."""
