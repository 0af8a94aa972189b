"""The real DevStack on two machines that boot: built, tested, baked, and started from images.

`make devstack MIRRORS=…`, as root, outside CI, since its repositories are in no package registry.
Prints every step and leaves facts.json, the logs of both nodes and the reports of the suites.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.devstack.stack import Stack

_ZONES = {"built": ("testaz1", "testaz2"), "baked": ("testaz3", "testaz4")}
_SUITES = ("tempest", "gophercloud")
_STEPS = ("built", "images", "checks", *_SUITES)


def main() -> int:
    """Run the steps. Return 1 if tests of a suite failed; raise the error of any other step."""
    given = _options()
    given.artifacts.mkdir(parents=True, exist_ok=True, mode=0o700)
    run = Run(given.artifacts, given.mirrors, given.steps)
    try:
        run.all()
    finally:
        run.end()
    return 1 if run.failed_suites else 0


class Run:
    """One run of the steps, with the facts recorded so far."""

    def __init__(self, artifacts: Path, mirrors: Path | None, steps: Sequence[str]) -> None:
        self._artifacts = artifacts
        self._steps = steps
        self._began = time.monotonic()
        # A cloud and images of its own: those that a person has stay as they are.
        self._state = artifacts / "state"
        self._make = lambda name: Stack(name, self._state, mirrors, artifacts / name)
        self._facts: dict[str, Any] = {"steps": {}}
        self.failed_suites: list[str] = []

    def all(self) -> None:
        """Judge nodes that were built, and nodes that start from images of others."""
        if "built" in self._steps:
            self._judge("built")
        if "images" in self._steps:
            self._step("bake", self._make("bake").bake)
            self._judge("baked")

    def end(self) -> None:
        """End the cloud and leave the facts."""
        self._make("end").end_cloud()
        shutil.rmtree(self._state, ignore_errors=True)
        text = json.dumps(self._facts, indent=2) + "\n"
        (self._artifacts / "facts.json").write_text(text, encoding="utf-8")

    def _judge(self, name: str) -> None:
        """Bring a stack up, judge it, and destroy it."""
        stack = self._make(name)
        zones = _ZONES[name]
        settings = {
            "primaryAz": zones[0],
            "secondaryAz": zones[1],
            "bakedImages": "require" if name == "baked" else "never",
        }
        self._step(f"{name}: up", lambda: stack.up(settings))
        try:
            if "checks" in self._steps:
                self._check(stack, zones)
            for suite in _SUITES:
                if suite in self._steps:
                    self._suite(stack, suite)
        finally:
            self._step(f"{name}: logs", stack.keep_logs)
        self._step(f"{name}: down", stack.down)

    def _suite(self, stack: Stack, suite: str) -> None:
        """Run a suite. After failed tests the other steps still have something to tell."""
        name = f"{stack.name}: {suite}"
        try:
            self._step(name, lambda: stack.suite(suite))
        except subprocess.CalledProcessError as error:
            self._say(f"{name}: failed\n{error.output}")
            self.failed_suites.append(name)

    def _check(self, stack: Stack, zones: tuple[str, str]) -> None:
        name = stack.name
        self._step(f"{name}: secrets", stack.assert_nobody_reads_a_secret)
        self._step(f"{name}: checks", lambda: stack.checks(zones))
        self._step(f"{name}: reboot of both", stack.reboot_both)
        self._step(f"{name}: ready again", stack.wait)
        self._step(f"{name}: checks again", lambda: stack.checks(zones, "--again"))

    def _step(self, name: str, action: Callable[[], Any]) -> None:
        self._say(name)
        began = time.monotonic()
        result = action()
        seconds = round(time.monotonic() - began, 1)
        self._facts["steps"][name] = {"seconds": seconds, "result": result}
        self._say(f"{name}: {seconds} s")

    def _say(self, line: str) -> None:
        print(f"{time.monotonic() - self._began:6.0f} s  {line}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make devstack", description=__doc__)
    parser.add_argument(
        "--mirrors",
        type=Path,
        help="a folder of bare repositories OWNER/NAME.git (default: their usual place)",
    )
    parser.add_argument("--artifacts", type=Path, required=True, help="where facts and logs go")
    parser.add_argument(
        "--steps",
        nargs="+",
        choices=_STEPS,
        default=_STEPS,
        help="which nodes (built; images: baked and started from that) and what judges them;"
        " by default all",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
