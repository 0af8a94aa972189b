"""Suite: a stand-in for CAPO's E2E suite, and for what is built before it.

Run as `suite.py TARGET`. What it does is switched by the environment:

    STANDIN_FAIL            a target that fails
    STANDIN_HANG            a target that hangs, for ten minutes at most
    STANDIN_SLEEP_S         how long each target takes (0)
    STANDIN_CHECKS          which checks of checks.py the tests make, by blanks; all that they need
    STANDIN_IDENTITY_URL    the identity API; auth_url of clouds.yaml
    STANDIN_FLOATING_URL    something at a floating address
    STANDIN_SECOND_AZ_URL   Nova's availability zones; asked of the cloud with openstacksdk
    STANDIN_SECOND_AZ_S     how long to wait for the second one (600)
"""

import importlib
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

IMAGE = "gcr.io/k8s-staging-capi-openstack/capi-openstack-controller:e2e"
_TESTS = ("test-e2e", "test-conformance")


def main(target: str) -> int:
    """Do as a target of CAPO's Makefile does; its exit status."""
    began = now()
    if os.environ.get("STANDIN_HANG") == target:
        record(target, began, None)
        time.sleep(7200)
    time.sleep(float(os.environ.get("STANDIN_SLEEP_S", "0")))
    failed = os.environ.get("STANDIN_FAIL") == target
    if target == "e2e-image" and not failed:
        (state() / "image").write_text(IMAGE, encoding="utf-8")
    if target in _TESTS:
        # Only the tests need openstacksdk, whose import takes longer than all else here.
        failed = not importlib.import_module("checks").run_tests(target, failed=failed)
    record(target, began, int(failed))
    print(f"suite: {target} {'failed' if failed else 'succeeded'}", flush=True)
    return int(failed)


def state() -> Path:
    """Where it is written down what was done."""
    return Path(os.environ["STANDIN_STATE"])


def now() -> str:
    """The time, as in the job's timeline."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(target: str, began: str, code: int | None) -> None:
    """Add a line to the list of targets."""
    line = {
        "target": target,
        "began": began,
        "ended": None if code is None else now(),
        "code": code,
        "nice": os.nice(0),
    }
    with (state() / "targets.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
