"""Git service: the stand-in repositories, served to machines inside their own network."""

import shutil
import subprocess
import threading
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from localcloud.machines.switch import Switch, inside

STANDIN = Path(__file__).parent / "standin"
FAKES = Path(__file__).parent.parent / "nodes" / "fakes"
PORT = 8418


class GitService:
    """Repositories of GIT_BASE by plain HTTP, which needs no program on this side."""

    def __init__(self, folder: Path, branch: str) -> None:
        self.refusals = 0
        """How many requests more are answered with 503."""
        self.requests: list[tuple[str, str]] = []
        """Client address and path of each request."""
        self._folder = folder
        self._branch = branch
        self._server: ThreadingHTTPServer | None = None

    def publish(self, **settings: str) -> None:
        """Make the repositories; settings are those of the stand-in stack.sh."""
        tree = self._folder / "devstack-tree"
        shutil.copytree(STANDIN / "devstack", tree)
        fakes = tree / "standin" / "fakes"
        fakes.mkdir()
        for name in ("openstack", "nova-manage"):
            shutil.copy2(FAKES / name, fakes)
        lines = [f"{name}='{value}'\n" for name, value in settings.items()]
        (tree / "standin" / "settings").write_text("".join(lines))
        self._repository("devstack", tree)
        for name in ("neutron", "octavia"):
            self._repository(name, STANDIN / "plugin")

    def _repository(self, name: str, tree: Path) -> None:
        bare = self._folder / "www" / "openstack" / name
        bare.mkdir(parents=True)
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost", f"--git-dir={bare}")
        for words in (
            ("init", "--quiet", "--bare", f"--initial-branch={self._branch}"),
            (f"--work-tree={tree}", "add", "--all"),
            (f"--work-tree={tree}", "commit", "--quiet", "--no-verify", "--message=Stand-in"),
            ("update-server-info",),
        ):
            subprocess.run([*git, *words], check=True, timeout=30)

    def start(self, switch: Switch) -> str:
        """Listen on the switch's gateway; returns GIT_BASE."""
        handler = partial(_Handler, self, directory=str(self._folder / "www"))
        address = (switch.gateway, PORT)
        self._server = inside(switch.path, lambda: ThreadingHTTPServer(address, handler))
        threading.Thread(target=self._server.serve_forever, args=(0.1,)).start()
        return f"http://{switch.gateway}:{PORT}"

    def stop(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, service: GitService, *arguments: object, directory: str) -> None:
        self._service = service
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type] # as given

    def do_GET(self) -> None:
        self._service.requests.append((self.client_address[0], self.path))
        if self._service.refusals:
            self._service.refusals -= 1
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""
