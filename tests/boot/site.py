"""Site: the nodes of one test and their git service, with a record of the processes seen."""

import contextlib
import shlex
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from localcloud.devstack.git_service import GitService
from localcloud.machines.booted import BootedMachine
from localcloud.machines.configuration import PORT
from stacks import configuration
from stacks.credentials import Credentials
from tests.boot.nodes import Nodes
from tests.patience import PATIENCE_S


class Site(Nodes):
    """Nodes that build the stand-in for DevStack."""

    def __init__(
        self,
        folder: Path,
        tree: Path,
        credentials: Credentials,
        standin: dict[str, str],
        given: dict[str, str],
    ) -> None:
        settings = configuration.parse(
            {
                "operatingSystem": "debian-12",
                "release": "2026.1",
                "gitBase": f"http://10.0.3.1:{PORT}",
                "nodeDeadlineS": str(PATIENCE_S),
                **given,
            },
            stack="boot",
            project="test",
        )
        self.command_lines: set[str] = set()
        self._standin = standin
        super().__init__(folder, tree, credentials, settings)

    def _serve(self, undo: contextlib.ExitStack) -> None:
        self.git = GitService(self._folder, f"stable/{self.settings.release}")
        self.git.publish(**{"UNIT_S": "0.1", **self._standin})
        assert self.git.start(self.switch.path, self.switch.gateway) == self.settings.git_base
        undo.callback(self.git.stop)

    @contextlib.contextmanager
    def watched_processes(self) -> Iterator[None]:
        """Collect the command lines of all processes, also in machines, while the block runs."""
        over = threading.Event()

        def look() -> None:
            while not over.wait(0.3):
                for path in Path("/proc").glob("[0-9]*/cmdline"):
                    with contextlib.suppress(OSError):
                        words = path.read_bytes().replace(b"\0", b" ")
                        self.command_lines.add(words.decode(errors="replace"))

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def wait_for(self, machine: BootedMachine, text: str, subject: str = "node") -> None:
        """Wait for a text in the state of a node or of the registration; fail at the time limit."""
        show = f"sudo devstack-status show --for {subject} | grep --fixed-strings --quiet"
        command = f"until {show} {shlex.quote(text)}; do sleep 0.5; done"
        deadline = time.monotonic() + PATIENCE_S
        # A connection may be lost, as in `wait`.
        while self.ssh(machine, command, PATIENCE_S).returncode:
            assert time.monotonic() < deadline, f"{text} is not in the state of {subject}"
            time.sleep(0.5)
