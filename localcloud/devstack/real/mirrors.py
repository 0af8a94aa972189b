"""Mirrors: the repositories that DevStack clones, cut to one commit each and served over HTTP.

A mirror is a bare repository OWNER/NAME.git below one folder. Mirrors of big repositories may lack
old objects, so of the repositories that every DevStack needs only the tip of one ref is served,
with the tag from which pbr derives a version. All others in the folder are served as they are.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localcloud.console import say
from localcloud.errors import LocalcloudError
from localcloud.machines.configuration import PORT, RELEASE
from localcloud.machines.switch import inside
from localcloud.programs import run

AMPHORA_PATH = "/images/amphora-x64-haproxy.qcow2"
"""Path of Octavia's image below the served address."""

_PROJECTS = (
    *("cinder", "devstack", "glance", "keystone", "neutron", "nova", "octavia", "placement"),
    "requirements",
)
_REFS = {
    **{f"openstack/{name}": f"stable/{RELEASE}" for name in _PROJECTS},
    "novnc/novnc": "v1.3.0",
}
_TIMEOUT_S = 600


class Mirrors:
    """The repositories of a folder of mirrors. Scratch files go into `served`.

    Raises LocalcloudError for a mirror that is missing or lacks the ref.
    """

    def __init__(self, mirrors: Path, served: Path) -> None:
        self._folder = served
        missing = [name for name in _REFS if not (mirrors / f"{name}.git").is_dir()]
        if missing:
            raise LocalcloudError(
                f"mirrors: {mirrors} lacks {', '.join(f'{name}.git' for name in missing)};"
                " clone them with 'git clone --mirror'"
            )
        for name, ref in _REFS.items():
            commit = cut((mirrors / f"{name}.git").resolve(), served / f"{name}.git", ref)
            say(f"{name} {ref}: {commit}")
        for mirror in mirrors.glob("*/*.git"):
            target = served / mirror.relative_to(mirrors)
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                target.symlink_to(mirror.resolve())
        self._publish_amphora(mirrors)

    def _publish_amphora(self, mirrors: Path) -> None:
        """Serve the folder's image of an Amphora, or an empty disk in its place."""
        target = self._folder / AMPHORA_PATH.lstrip("/")
        target.parent.mkdir()
        given = mirrors / AMPHORA_PATH.lstrip("/")
        if given.is_file():
            target.symlink_to(given.resolve())
        else:
            say(f"no {given}: an empty disk stands in for Octavia's image")
            run("qemu-img", "create", "-q", "-f", "qcow2", target, "1M")

    @contextmanager
    def serve(self, namespace: Path, address: str) -> Iterator[str]:
        """Serve them at an address in a network namespace; yield the value for GIT_BASE."""
        handler = partial(_Handler, self._folder)
        server = inside(namespace, lambda: ThreadingHTTPServer((address, PORT), handler))
        threading.Thread(target=server.serve_forever, args=(0.1,)).start()
        try:
            yield f"http://{address}:{PORT}"
        finally:
            server.shutdown()
            server.server_close()


def cut(mirror: Path, target: Path, ref: str) -> str:
    """Make a repository that has only the ref's newest commit; return the commit."""
    target.mkdir(parents=True)
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
    return run("git", "-C", folder, *words, timeout_s=_TIMEOUT_S).strip()


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, folder: Path, *arguments: object) -> None:
        self._root = folder
        super().__init__(*arguments)  # type: ignore[arg-type] # as given

    def do_HEAD(self) -> None:
        """Answer with the headers of a file."""
        self._file(body=False)

    def do_GET(self) -> None:
        """Answer with a file, or with git's output."""
        if self.path == AMPHORA_PATH:
            self._file(body=True)
        else:
            self._backend(b"")

    def do_POST(self) -> None:
        """Pass the client's request body to git and answer with its output."""
        self._backend(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _file(self, *, body: bool) -> None:
        if self.path != AMPHORA_PATH:
            self.send_error(404)
            return
        with (self._root / AMPHORA_PATH.lstrip("/")).open("rb") as file:
            self.send_response(200)
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            if body:
                shutil.copyfileobj(file, self.wfile)

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
        done = subprocess.run(
            ["git", "http-backend"],
            capture_output=True,
            check=False,
            env=environment,
            input=body,
            timeout=_TIMEOUT_S,
        )
        # It answers as a CGI program does.
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response_only(int(headers.pop("Status", "200").split()[0]))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep requests out of the output."""
