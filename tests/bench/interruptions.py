"""Interruptions: whether runs that are ended at a random moment leak resources.

Each run starts `python -m job up` on the double and ends it by SIGINT, SIGTERM or SIGKILL at a
random moment; SIGKILL also ends its child processes, as when a pod is deleted. Then it runs `down`.
One `down` in four is ended in the same way and run again. Run by `make bench-interruptions`; exits
1 at a leak or a failed `down`, and prints how soon after the signal the project was empty.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import yaml

from host.folders import CHECKOUT
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.engine.engine import ensure
from localcloud.stack_settings import BEARER
from tests.processes import kill_all

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
LATENCY_S = {"default": 0.3, "instance": 1.0}
SHARE_OF_ENDED_DOWNS = 0.25
# Reached only by a hang: even two passes of `down` take less.
TIMEOUT_S = 600


@dataclass(frozen=True)
class Outcome:
    """The result of one run."""

    number: signal.Signals
    after_s: float
    """Seconds from the start of `up` to the signal."""
    to_empty_s: float | None
    """Seconds from the signal to an empty project; None if nothing had been created."""
    left: list[str]
    error: str


class Bench:
    """Runs on one double, each with a project and a state folder of its own."""

    def __init__(self, api: ComputeApi, folder: Path, seed: int) -> None:
        self._api = api
        self._folder = folder
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._engine = ensure()
        self._count = 0

    def whole_up_s(self) -> float:
        """Return the seconds of an undisturbed `up`, from which the random moments are derived."""
        project = self._new()
        began = time.monotonic()
        self._start("up", project).communicate(timeout=TIMEOUT_S)
        seconds = time.monotonic() - began
        self._start("down", project).communicate(timeout=TIMEOUT_S)
        return seconds

    def run(self, whole_s: float) -> Outcome:
        """Start one `up`, end it at a random moment and tear it down."""
        project = self._new()
        number = self._random.choice(SIGNALS)
        after_s = self._moment(whole_s)
        up = self._start("up", project)
        signalled = self._end(up, number, after_s)
        if self._random.random() < SHARE_OF_ENDED_DOWNS:
            down = self._start("down", project)
            self._end(down, self._random.choice(SIGNALS), self._moment(whole_s))
        down = self._start("down", project)
        text, _ = down.communicate(timeout=TIMEOUT_S)
        left = [entry["path"] for entry in self._api.inventory(project)]
        ends = [operation["ends"] for operation in self._api.operations(project)["operations"]]
        to_empty_s = max(0.0, max(ends) - signalled) if ends else None
        if not left:
            shutil.rmtree(self._folder / project)
        return Outcome(number, after_s, to_empty_s, left, text if down.returncode else "")

    def _moment(self, whole_s: float) -> float:
        """Choose a moment from about the engine's start to a little after an undisturbed end."""
        return self._random.uniform(whole_s / 4, whole_s * 1.25)

    def _new(self) -> str:
        self._count += 1
        project = f"ended-{self._count}"
        (self._folder / project).mkdir()
        config = {
            "gcp:project": project,
            "gcp:computeCustomEndpoint": self._api.url,
            "gcp:accessToken": BEARER,
            "gcp:pollInterval": "100ms",
        }
        settings = yaml.safe_dump({"config": config})
        (self._folder / project / "settings.yaml").write_text(settings)
        return project

    def _start(self, command: str, project: str) -> subprocess.Popen[str]:
        folder = self._folder / project
        settings = str(folder / "settings.yaml")
        return subprocess.Popen(
            [sys.executable, "-m", "job", command, "--stack", "bench", "--settings", settings],
            cwd=CHECKOUT,
            env={
                **os.environ,
                **self._engine.environment,
                "DEVSTACK_STATE_DIR": str(folder),
                # The stand-in plugin's sleep, shortened like the operations.
                "LOCALCLOUD_INSTANCE_DELAY_S": "0.3",
            },
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @staticmethod
    def _end(process: subprocess.Popen[str], number: signal.Signals, after_s: float) -> float:
        """Signal a command after some seconds; return when, in seconds since the epoch."""
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            signalled = time.time()
            if number is signal.SIGKILL:
                kill_all(process)
            else:
                process.send_signal(number)
        else:
            signalled = time.time()
        process.communicate(timeout=TIMEOUT_S)
        return signalled


def main() -> int:
    """Do all runs and print a line for each, then the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="interruptions-"))
    options = Options(external_range=IPv4Network("127.97.0.0/16"), latency_s=LATENCY_S)
    outcomes = []
    with ComputeApi(options) as api:
        bench = Bench(api, folder, given.seed)
        whole_s = bench.whole_up_s()
        print(f"an up takes {whole_s:.1f} s here; state is in {folder}", flush=True)
        for index in range(1, given.runs + 1):
            outcome = bench.run(whole_s)
            outcomes.append(outcome)
            said = "LEAK " + " ".join(outcome.left) if outcome.left else outcome.error[-2000:]
            empty = "nothing was made"
            if outcome.to_empty_s is not None:
                empty = f"empty {outcome.to_empty_s:.1f} s later"
            line = f"{index:4} {outcome.number.name} after {outcome.after_s:.1f} s, {empty}"
            print(line, said, flush=True)
    report(outcomes, given.seed)
    leaked = any(outcome.left or outcome.error for outcome in outcomes)
    if not leaked:
        shutil.rmtree(folder)
    return int(leaked)


def report(outcomes: list[Outcome], seed: int) -> None:
    """Print the number of leaks, and the times from the signal to an empty project."""
    leaks = sum(bool(outcome.left) for outcome in outcomes)
    failures = sum(bool(outcome.error) for outcome in outcomes)
    print(f"{len(outcomes)} runs, seed {seed}: {leaks} leaks, {failures} failed downs")
    for number in SIGNALS:
        these = [outcome.to_empty_s for outcome in outcomes if outcome.number is number]
        times = [seconds for seconds in these if seconds is not None]
        if times:
            print(
                f"{number.name:<8} {len(these):4} runs, {len(times)} of which had made something;"
                f" seconds to an empty project: {min(times):.1f} least,"
                f" {statistics.median(times):.1f} median, {max(times):.1f} most"
            )


if __name__ == "__main__":
    sys.exit(main())
