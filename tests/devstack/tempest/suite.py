"""Suite: tempest in a workspace of its own, driven by its command line."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from host.ending import Ending
from host.errors import JobError
from host.processes import Child, Program, ask
from tests.devstack.tempest import configuration, results

_EVENTS = Path(__file__).parent / "events.py"
# With this option, tempest makes the configuration of its test runner.
_RUN = ("run", "--config-file", "etc/tempest.conf")
_SHORT_S = 600
_CLEANUP_S = 1800
_TEST_S = "3600"
"""Time limit of one test. Its own time limits are shorter, and their messages better."""


class Suite:
    """Tempest with one configuration. The workspace has passwords, so only we may read it."""

    def __init__(
        self, environment: Path, workspace: Path, sections: configuration.Sections
    ) -> None:
        self._bin = environment / "bin"
        self._workspace = workspace
        self.log = workspace / "tempest.log"
        self._sections = sections
        workspace.mkdir(mode=0o700, exist_ok=True)
        self._configure(sections)
        self._do("stestr", "init")

    def tests(self) -> list[str]:
        """Return the IDs of all tests, with their attributes in brackets."""
        listed = self._do("tempest", *_RUN, "--list-tests").splitlines()
        return [line for line in listed if "." in line and not line.startswith((" ", "="))]

    def run(
        self,
        tests: Iterable[str],
        workers: int,
        finished: Callable[[results.Result], None],
        ending: Ending,
    ) -> None:
        """Run tests. `finished` gets each result at once, from a thread."""
        wanted = self._workspace / "wanted.txt"
        wanted.write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
        command = (
            *(self._bin / "python", _EVENTS, self._bin / "tempest", *_RUN, "--subunit"),
            *("--concurrency", str(workers), "--load-list", str(wanted)),
        )
        errors: list[str] = []
        got: list[results.Result] = []

        def take(line: str) -> None:
            got.append(results.parse(line))
            finished(got[-1])

        child = Child(self._program(command), take, errors.append)
        code = child.wait(ending)
        # Its status is 1 for a failed test, too.
        if not got or code not in (0, 1):
            raise JobError(f"tempest: it ended with {code}: {''.join(errors[-5:]).strip()}")

    def in_zone(self, zone: str) -> None:
        """Make all servers and volumes in a zone from now on; in any, if it is empty."""
        self._configure(configuration.in_zone(self._sections, zone))

    def clean_up(self, prefix: str) -> None:
        """Delete what tests have left. Raises JobError if something cannot be deleted."""
        self._do("tempest", "cleanup", "--prefix", prefix, timeout_s=_CLEANUP_S)

    def _configure(self, sections: configuration.Sections) -> None:
        (self._workspace / "etc").mkdir(exist_ok=True)
        file = self._workspace / "etc/tempest.conf"
        file.touch(mode=0o600)
        file.write_text(configuration.text(sections), encoding="utf-8")

    def _do(self, name: str, *words: str, timeout_s: float = _SHORT_S) -> str:
        answer = ask(self._program((self._bin / name, *words)), timeout_s=timeout_s)
        if answer.code:
            raise JobError(f"tempest: {name} {words[0]}: {answer.reason}")
        return answer.output

    def _program(self, command: tuple[str | Path, ...]) -> Program:
        return Program(command=command, environment=self._environment, folder=self._workspace)

    @property
    def _environment(self) -> Mapping[str, str]:
        return {
            # Tempest keeps a list of workspaces there.
            "HOME": str(self._workspace),
            "OS_TEST_TIMEOUT": _TEST_S,
            "TEMPEST_CONFIG_DIR": str(self._workspace / "etc"),
            "PATH": f"{self._bin}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
        }
