"""Bench: the cost of `pulumi up` beyond the time of the Compute API itself, as ratios.

Both sides of a ratio are measured in the same run. Operations take their usual time and the
provider sleeps as it does on Google Cloud: its sleeps cannot be scaled, so a benchmark with all
times divided by ten would measure another program. Takes about ten minutes. Run by `make bench`;
prints a table and asserts nothing.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Network
from pathlib import Path

import yaml

from host.folders import CHECKOUT
from job.cloud import stack as staging
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.engine.engine import ensure
from localcloud.stack_settings import BEARER

LATENCY_S = {
    "network": 10.0,
    "subnetwork": 10.0,
    "firewall": 5.0,
    "router": 5.0,
    "address": 5.0,
    "instance": 20.0,
}
# The provider sleeps this long after it creates an instance.
DELAY_S = 5.0
SHORTEST_UP_S = LATENCY_S["network"] + LATENCY_S["subnetwork"] + LATENCY_S["instance"] + DELAY_S
SEQUENTIAL = Path(__file__).parent / "sequential.py"
RUNS = 3
TIMEOUT_S = 600


class Bench:
    """Stage stacks on a Compute API double with these latencies, each in a project of its own."""

    def __init__(self, api: ComputeApi, folder: Path) -> None:
        self._api = api
        self._folder = folder
        self._engine = ensure()
        self._count = 0

    def stack(self, main: Path | None = None) -> "Run":
        """Stage a fresh stack, optionally with another main file than the program's."""
        self._count += 1
        project = f"bench-{self._count}"
        folder = self._folder / project
        folder.mkdir()
        settings = folder / "settings.yaml"
        endpoint = {
            "gcp:project": project,
            "gcp:computeCustomEndpoint": self._api.url,
            "gcp:accessToken": BEARER,
        }
        settings.write_text(yaml.safe_dump({"config": endpoint}))
        environ = {
            **os.environ,
            **self._engine.environment,
            "DEVSTACK_STATE_DIR": str(folder),
        }
        # A user's Python writes bytecode; this machine's settings must not change that.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        staged = staging.stage("bench", environ, settings=settings)
        if main:
            path = staged.folder / "Pulumi.yaml"
            path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"main": str(main)}))
        run = Run(self._api, project, staged)
        run.pulumi("stack", "init", "bench")
        return run


class Run:
    """Run the Pulumi CLI on one stack and measure it."""

    def __init__(self, api: ComputeApi, project: str, staged: staging.Stack) -> None:
        self._api = api
        self._project = project
        self._staged = staged

    def pulumi(self, *arguments: str) -> float:
        """Run the CLI and return the seconds that it took."""
        started = time.monotonic()
        subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self._staged.folder,
            env=self._staged.environment,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
        )
        return time.monotonic() - started

    def up(self) -> float:
        """Return the seconds that `pulumi up` takes."""
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", "bench")

    def destroy(self) -> float:
        """Return the seconds that `pulumi destroy` takes."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", "bench")

    def operations_s(self) -> float:
        """Return the seconds from the start of the first operation to the end of the last one."""
        operations = self._api.operations(self._project)["operations"]
        return max(op["ends"] for op in operations) - min(op["inserted"] for op in operations)

    def second_instance_running(self, started: float) -> float:
        """Return the seconds from `started` (since the epoch) until both instances ran."""
        operations = self._api.operations(self._project)["operations"]
        ends = [op["ends"] for op in operations if op["method"] == "instances.insert"]
        return max(ends) - started


def median(values: list[float]) -> float:
    """Return the middle value; assumes an odd number of values."""
    return sorted(values)[len(values) // 2]


def program_share() -> tuple[float, float]:
    """Return seconds and peak MiB of the program alone, run on mocks to its last registration."""
    code = (
        "import json, os, runpy, pulumi; from tests.unit.conftest import RecordingMocks;"
        "os.environ['PULUMI_CONFIG'] = json.dumps({'gcp:project': 'bench'});"
        "pulumi.runtime.set_mocks(RecordingMocks(), project='devstack', stack='bench');"
        "pulumi.runtime.test(lambda: runpy.run_path('__main__.py') and None)()"
    )
    return child("-c", code)


def child(*arguments: str) -> tuple[float, float]:
    """Return the wall seconds of a Python process, and the peak memory of any child so far, MiB."""
    started = time.monotonic()
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [sys.executable, *arguments], cwd=CHECKOUT, env=environ, check=True, timeout=TIMEOUT_S
    )
    seconds = time.monotonic() - started
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def report(what: str, seconds: float, against: float, baseline: str) -> None:
    """Print one line of the table."""
    print(f"{what:<40} {seconds:6.2f} s {seconds / against:6.2f} x {against:.2f} s, {baseline}")


def main() -> None:
    """Measure everything once, in an order that warms the caches first."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    external = IPv4Network("127.96.0.0/16")
    # Before any engine runs: the peak memory is the maximum over all children so far.
    share_s, share_mib = program_share()
    floor_s, _ = child("-c", "import pulumi_gcp.compute as c; c.Instance")
    report("the program alone", share_s, floor_s, "the import of pulumi_gcp.compute")
    print(f"{'its peak memory':<40} {share_mib:6.0f} MiB")
    try:
        with ComputeApi(Options(external_range=external, latency_s=LATENCY_S)) as api:
            measure_stacks(Bench(api, folder))
        measure_make_up(folder)
    finally:
        shutil.rmtree(folder)


def measure_stacks(bench: Bench) -> None:
    """Measure `up`, a repeated `up`, `destroy`, and an `up` whose worker has to wait."""
    ups, waits, again, downs, together = [], [], [], [], []
    for _ in range(RUNS):
        run = bench.stack()
        started = time.time()
        ups.append(run.up())
        waits.append(run.operations_s() + DELAY_S)
        together.append(run.second_instance_running(started))
        again.append(run.up())
        downs.append(run.destroy())

    def sequential() -> float:
        run = bench.stack(SEQUENTIAL)
        started = time.time()
        run.up()
        return run.second_instance_running(started)

    up_s = median(ups)
    report("pulumi up", up_s, SHORTEST_UP_S, "network, subnetwork, instance, provider's sleep")
    report("of it, operations and that sleep", median(waits), SHORTEST_UP_S, "the same")
    report("pulumi up with nothing to do", median(again), up_s, "pulumi up")
    report("pulumi destroy", median(downs), up_s, "pulumi up")
    later_s = median([sequential() for _ in range(RUNS)])
    report(
        "up to the second instance running", median(together), later_s, "the worker made to wait"
    )


def measure_make_up(folder: Path) -> None:
    """Compare a first `make up`, which builds everything, with a repeated one; no latencies."""
    environ = {**os.environ, "DEVSTACK_STATE_DIR": str(folder / "make")}
    venv = f"VENV={sys.prefix}"

    def make(target: str) -> float:
        started = time.monotonic()
        subprocess.run(
            ["make", target, venv],
            cwd=CHECKOUT,
            env=environ,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
        )
        return time.monotonic() - started

    first = make("up")
    again = make("up")
    make("down")
    report("make up, everything built", first, again, "make up with nothing to do")


if __name__ == "__main__":
    main()
