"""Checkout: check that CAPO's Makefile has everything that the job calls, prerequisites included.

`make` itself decides, in a dry run of all targets that follows their recursive calls. Its shell is
a program that does nothing, so neither a recipe nor a `$(shell …)` runs. The result of such a call
is empty; if make then misses a path outside the checkout, that is only a warning. A target that
.PHONY declares and no rule makes is refused, since make would silently do nothing. A program that a
recipe calls by name must be on PATH, unless the recipes search for it themselves or build it.
"""

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from host.ending import Ending
from host.processes import MISSING, TIMED_OUT, Answer, Program, ask
from job.run.preflight import tools
from job.run.preflight.findings import Report
from stacks.shell_effects import Call, effects

_TIMEOUT_S = 60
_DEEPEST = 5  # recursive calls of make; CAPO has two
_NO_RULE = re.compile(r"No rule to make target '(?P<name>[^']*)'(?:, needed by '(?P<by>[^']*)')?")
_NAME = re.compile(r"[A-Za-z0-9][-+.\w]*")
_DATABASE = "\n# Make data base, printed on "
_ASKS = frozenset(("-v", "-V", "which", "type", "hash"))
"""Commands with which recipes search for a program. `command -v NAME` appears as a call of `-v`."""

_ARE_THERE = 'for name; do type -t -- "$name" >/dev/null || echo "$name"; done'


def check(
    capo: Path, targets: Sequence[str], conf: Path, environ: Mapping[str, str], ending: Ending
) -> Report:
    """Check the targets, their prerequisites and the suite's configuration."""
    dry = _DryRuns(environ=environ, ending=ending)
    if not conf.is_file():
        dry.report.problems.append(
            f"checkout: there is no {conf}, which the suite reads; set E2E_CONF_PATH, or mend the"
            " checkout"
        )
    dry.run(capo, targets)
    dry.report.problems += [
        f"{name}: it is not on PATH, and CAPO's Makefile calls it; install it"
        for name in dry.missing_programs()
    ]
    return dry.report


@dataclass(kw_only=True)
class _DryRuns:
    """Findings of the dry runs so far."""

    environ: Mapping[str, str]
    ending: Ending
    report: Report = field(default_factory=Report)
    calls: list[Call] = field(default_factory=list)
    """The lines of all recipes."""
    asked: set[tuple[Path, str]] = field(default_factory=set)
    """Pairs of folder and target."""
    absent: set[tuple[Path, str]] = field(default_factory=set)
    """Missing targets and prerequisites."""

    def run(self, folder: Path, targets: Iterable[str], depth: int = 0) -> None:
        """Run make for targets that are still unchecked, and for those of its recursive calls."""
        new = [target for target in targets if (folder, target) not in self.asked]
        self.asked |= {(folder, target) for target in new}
        nothing = shutil.which("true", path=self.environ.get("PATH"))
        if not new or not nothing or depth > _DEEPEST:
            return
        options = ("-nkp", "--no-print-directory", f"SHELL={nothing}")
        answer = self._ask("make", "-C", str(folder), *options, *new)
        recipes, _, database = answer.output.partition(_DATABASE)
        self._judge(folder, answer)
        for target in new:
            if _is_only_declared(target, database):
                self._miss(folder, target, "")
        calls = [each for each in effects(recipes) if isinstance(each, Call)]
        self.calls += calls
        for call in calls:
            if PurePath(call.words[0]).name == "make":
                below, goals = _recursion(call.words[1:])
                self.run(folder / below, goals, depth + 1)

    def missing_programs(self) -> list[str]:
        """Return programs that recipes call by name and that are not on PATH."""
        optional = {word for call in self.calls if call.words[0] in _ASKS for word in call.words}
        built = {PurePath(target).name for _, target in self.asked}
        names = {call.words[0] for call in self.calls} - optional - built - tools.FOR_TESTS.keys()
        plain = sorted(name for name in names if _NAME.fullmatch(name))
        # bash reports its builtins as found too.
        return self._ask("bash", "--norc", "-c", _ARE_THERE, "bash", *plain).output.split()

    def _judge(self, folder: Path, answer: Answer) -> None:
        # A missing make is reported by another check.
        if answer.code in {0, MISSING}:
            return
        absent = list(_NO_RULE.finditer(answer.errors))
        for each in absent:
            self._miss(folder, each["name"], each["by"] or "")
        if not absent:
            why = "it took too long" if answer.code == TIMED_OUT else answer.complaint
            self.report.warnings.append(
                f"checkout: whether {folder}/Makefile has all targets cannot be found out ({why})"
            )

    def _miss(self, folder: Path, name: str, by: str) -> None:
        if (folder, name) in self.absent:
            return
        self.absent.add((folder, name))
        why = f"which '{by}' needs" if by else "which the job calls"
        line = f"checkout: {folder}/Makefile makes no '{name}', {why}; take another checkout"
        outside = name.startswith("/") and not Path(name).is_relative_to(folder)
        (self.report.warnings if outside else self.report.problems).append(line)

    def _ask(self, *command: str) -> Answer:
        program = Program(command=command, environment={**self.environ, "LC_ALL": "C"})
        return ask(program, self.ending, timeout_s=_TIMEOUT_S)


def _is_only_declared(target: str, database: str) -> bool:
    """Tell whether .PHONY declares a target without recipe and prerequisites."""
    entry = re.search(rf"^{re.escape(target)}::?\n((?:#.*\n)*)", database, re.MULTILINE)
    said = entry[1] if entry else ""
    return "Phony target" in said and "recipe to execute" not in said


def _recursion(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return folder and targets of a call of make."""
    folder, goals = ".", []
    rest = iter(words)
    for word in rest:
        if word in {"-C", "--directory"}:
            folder = next(rest, ".")
        elif word.startswith("--directory="):
            folder = word.partition("=")[2]
        elif word and not word.startswith("-") and "=" not in word:
            goals.append(word)
    return folder, goals
