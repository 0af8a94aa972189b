"""Suite: a stand-in for CAPO's E2E suite and for the targets that build its prerequisites.

Run as `suite.py TARGET`. Environment variables control it:

    STANDIN_FAIL            a target that fails
    STANDIN_HANG            a target that hangs (for two hours)
    STANDIN_SLEEP_S         seconds that each target takes (0)
    STANDIN_CHECKS          names of the checks to run, separated by blanks (all of the target's)
    STANDIN_IDENTITY_URL    the identity API (auth_url of clouds.yaml)
    STANDIN_FLOATING_URL    a page at a floating address
    STANDIN_FLOATING_S      seconds to wait for that page (0)
    STANDIN_SECOND_AZ_URL   Nova's availability zones (asked with openstacksdk)
    STANDIN_SECOND_AZ_S     seconds to wait for the second AZ (600)
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
    """Run one target of CAPO's Makefile; return its exit status."""
    began = now()
    if os.environ.get("STANDIN_HANG") == target:
        record(target, began, None)
        time.sleep(7200)
    time.sleep(float(os.environ.get("STANDIN_SLEEP_S", "0")))
    failed = os.environ.get("STANDIN_FAIL") == target
    if target == "e2e-image" and not failed:
        (state() / "image").write_text(IMAGE, encoding="utf-8")
    if target in _TESTS:
        # Imported late: openstacksdk takes longer to import than the other targets to run.
        failed = not importlib.import_module("checks").run_tests(target, failed=failed)
    record(target, began, int(failed))
    print(f"suite: {target} {'failed' if failed else 'succeeded'}", flush=True)
    return int(failed)


def state() -> Path:
    """Return the folder for the record of targets."""
    return Path(os.environ["STANDIN_STATE"])


def now() -> str:
    """Return the time in the format of the job's timeline."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(target: str, began: str, code: int | None) -> None:
    """Append a target to the record."""
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
