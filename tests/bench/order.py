"""Order: both nodes at once, compared with the controller first and the worker after it.

On machines that boot, with a stack.sh of 30 units on the controller and 15 on the worker; 10 of
the worker's units do not need the controller. Run by `make bench-order` as root; prints a table
and asserts nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from host.folders import CHECKOUT, cache_dir
from localcloud.devstack.standin import StandIn
from localcloud.engine.engine import ensure
from localcloud.machines.booted_cloud import BootedCloud
from localcloud.machines.tree import ensure_tree
from tests.bench.__main__ import report

CONTROLLER_UNITS, WORKER_UNITS = 30, 15
ROLES = ("controller", "worker")
TIMEOUT_S = 1200


class Job:
    """Run a stack's commands in the cloud's namespace; times count from its first `up`."""

    def __init__(self, cloud: BootedCloud, name: str, folder: Path) -> None:
        self._cloud = cloud
        self._name = name
        self._environment = {
            **os.environ,
            **ensure().environment,
            "DEVSTACK_STATE_DIR": str(folder / "state"),
            "DEVSTACK_SETTINGS": str(cloud.settings(folder, waitFor="none")),
        }
        self._began = time.monotonic()

    def run(self, command: str, *flags: str) -> float:
        """Run a command; return the seconds from the stack's beginning to the command's end."""
        words = (sys.executable, "-m", "job", command, "--stack", self._name, *flags)
        done = subprocess.run(
            self._cloud.command(*words),
            capture_output=True,
            check=False,
            cwd=CHECKOUT,
            env=self._environment,
            text=True,
            timeout=TIMEOUT_S,
        )
        if done.returncode:
            sys.exit(f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return time.monotonic() - self._began

    def beyond_stack_sh(self, role: str, folder: Path) -> float:
        """Return a node's seconds from first step to ready, less stack.sh and the wait in it."""
        self.run("logs", "--dir", str(folder))
        lines = (folder / role / "events.jsonl").read_text().splitlines()
        steps = [step for step in map(json.loads, lines) if step["subject"] == "node"]
        times = [time.mktime(time.strptime(s["since"], "%Y-%m-%dT%H:%M:%SZ")) for s in steps]
        within = sum(
            end - begin
            for step, begin, end in zip(steps, times, times[1:], strict=False)
            if step["stage"].startswith(("stack.sh", "waiting"))
        )
        return times[-1] - times[0] - within


def main() -> None:
    """Measure both orders in one cloud, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unit", type=float, default=2.0, help="seconds of a unit (%(default)g)")
    unit_s = parser.parse_args().unit
    tree = ensure_tree(cache_dir(os.environ))
    with (
        tempfile.TemporaryDirectory(prefix="bench-order-") as scratch,
        BootedCloud(tree, workload=StandIn(UNIT_S=str(unit_s))) as cloud,
    ):
        folder = Path(scratch)
        together = Job(cloud, "together", folder)
        together.run("up")
        first_s = together.run("wait", "--for", "controller")
        second_s = together.run("wait", "--for", "all")
        extra_s = {
            role: together.beyond_stack_sh(role, folder) for role in ("controller", "worker")
        }
        together.run("down")

        sequential = Job(cloud, "sequential", folder)
        sequential.run("up", "--", "--exclude", "**::worker", "--exclude-dependents")
        later_first_s = sequential.run("wait", "--for", "controller")
        sequential.run("up")
        later_second_s = sequential.run("wait", "--for", "all")
        sequential.run("down")
    order = "controller complete, then worker"
    report("controller ready", first_s, later_first_s, order)
    report("second AZ ready", second_s, later_second_s, order)
    for role, units in (("controller", CONTROLLER_UNITS), ("worker", WORKER_UNITS)):
        report(f"{role}: steps beside stack.sh", extra_s[role], units * unit_s, "its stack.sh")


if __name__ == "__main__":
    main()
