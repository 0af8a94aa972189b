"""Git service: the stand-in repositories, served to machines inside their own network.

It speaks git's plain ("dumb") HTTP, for which files are enough. A test can let it refuse or stall
requests, as a busy mirror does.
"""

import shutil
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localcloud.machines.configuration import PORT
from localcloud.machines.switch import inside
from localcloud.programs import run

REPOSITORIES = Path(__file__).parent / "repositories"
CLIENTS = REPOSITORIES / "devstack" / "standin" / "fakes"
"""Folder with stand-ins of the commands `openstack` and `nova-manage`, with a cloud in a file."""


class GitService:
    """A server of the repositories below GIT_BASE, for one branch of each."""

    def __init__(self, folder: Path, branch: str) -> None:
        self.refusals = 0
        """Number of further requests that are answered with 503."""
        self.stalls = 0
        """Number of requests after the refusals that are never answered."""
        self.requests: list[tuple[str, str]] = []
        """Client address and path of each request."""
        self.over = threading.Event()
        self.files = folder / "www"
        """Folder that is served. A test may add files."""
        self._folder = folder
        self._branch = branch
        self._server: ThreadingHTTPServer | None = None

    def publish(self, **settings: str) -> None:
        """Create the repositories. `settings` are variables of the stand-in stack.sh."""
        tree = self._folder / "devstack-tree"
        shutil.copytree(REPOSITORIES / "devstack", tree)
        lines = [f"{name}='{value}'\n" for name, value in settings.items()]
        (tree / "standin" / "settings").write_text("".join(lines), encoding="utf-8")
        self._repository("devstack", tree)
        for name in ("neutron", "octavia"):
            self._repository(name, REPOSITORIES / "plugin")

    def _repository(self, name: str, tree: Path) -> None:
        bare = self.files / "openstack" / name
        bare.mkdir(parents=True)
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost", f"--git-dir={bare}")
        for words in (
            ("init", "--quiet", "--bare", f"--initial-branch={self._branch}"),
            (f"--work-tree={tree}", "add", "--all"),
            (f"--work-tree={tree}", "commit", "--quiet", "--no-verify", "--message=Stand-in"),
            # The index files of git's plain HTTP.
            ("update-server-info",),
        ):
            run(*git, *words)

    def start(self, namespace: Path, address: str) -> str:
        """Listen on an address of a network namespace. Return the URL for GIT_BASE."""
        handler = partial(_Handler, self, directory=str(self.files))
        self._server = inside(namespace, lambda: ThreadingHTTPServer((address, PORT), handler))
        # The interval of its own check for an end, so that `stop` does not take half a second.
        threading.Thread(target=self._server.serve_forever, args=(0.1,)).start()
        return f"http://{address}:{PORT}"

    def stop(self) -> None:
        """Stop listening, and end the requests that are being stalled."""
        self.over.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, service: GitService, *arguments: object, directory: str) -> None:
        self._service = service
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type] # as given

    def do_GET(self) -> None:
        """Answer with a file, unless a refusal or a stall is due."""
        self._service.requests.append((self.client_address[0], self.path))
        if self._service.refusals:
            self._service.refusals -= 1
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        if self._service.stalls:
            self._service.stalls -= 1
            self._service.over.wait()
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Stay silent: `requests` has them all."""
