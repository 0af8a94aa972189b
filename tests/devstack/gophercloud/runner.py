"""Runner: runs the tests of a package as one user, one test after the other.

A panic or a time-out ends a test binary. The tests that had not begun by then get another run.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from host.ending import Ending
from host.processes import Child, Program, run
from job.redaction.artifacts import Artifacts
from tests.devstack.gophercloud.events import Events, Result
from tests.devstack.gophercloud.programs import CONVERTER, program_name

_LIST_S = 60
_PACKAGE_S = 4 * 60 * 60
# Beyond the binary's own time-out, which prints where its tests hang.
_MORE_S = 60

Say = Callable[[str], object]


class Runner:
    """Runs test binaries of a folder. Their whole output goes to ARTIFACTS, masked."""

    def __init__(self, folder: Path, artifacts: Artifacts, ending: Ending, say: Say) -> None:
        self._folder = folder
        self._artifacts = artifacts
        self._ending = ending
        self._say = say

    def tests(self, package: str) -> list[str]:
        """Return the names of a package's tests, in the order in which they run."""
        command = (self._folder / program_name(package), "-test.list", "^Test")
        answer = run(Program(command=command, environment={}), self._ending, timeout_s=_LIST_S)
        return answer.output.split()

    def run(
        self, user: str, package: str, names: Sequence[str], environment: Mapping[str, str]
    ) -> list[Result]:
        """Return the results of the named tests. Raises the reason if the run is to end."""
        results: list[Result] = []
        remaining = list(names)
        while remaining:
            begun, complaint = self._run(user, package, remaining, environment)
            if not begun:
                # A rerun would not help.
                begun = [
                    Result(package=package, test=name, verdict="failed", output=complaint)
                    for name in remaining
                ]
            results += begun
            done = {result.test for result in begun}
            remaining = [name for name in remaining if name not in done]
        return sorted(results, key=lambda result: names.index(result.test))

    def _run(
        self, user: str, package: str, names: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[list[Result], str]:
        """Run a binary once. Return the results of the tests that began, and how it ended."""
        events = Events(package)
        log = self._artifacts.append(f"{user}/{program_name(package)}.log")

        def take(line: str) -> None:
            log.write(events.text(line))
            name = events.feed(line)
            result = events.result(name) if name else None
            if result:
                self._say(f"{user} {package}.{name}: {result.verdict}, {result.seconds:.0f} s")

        command = (
            *(self._folder / CONVERTER, "-t", "-p", package, self._folder / program_name(package)),
            *("-test.v=test2json", f"-test.timeout={_PACKAGE_S}s"),
            f"-test.run=^({'|'.join(map(re.escape, names))})$",
        )
        errors: list[str] = []
        try:
            child = Child(Program(command=command, environment=environment), take, errors.append)
            code = child.wait(self._ending, timeout_s=_PACKAGE_S + _MORE_S)
        finally:
            log.close()
        complaint = "".join(errors).strip() or "no message"
        return events.results(names), f"it did not begin: {complaint} (exit {code})"
