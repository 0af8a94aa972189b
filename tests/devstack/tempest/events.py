"""Events: run a program that prints subunit, and print a line of JSON for each finished test.

This file runs in tempest's environment, which has the package that reads subunit. It exits with the
program's status.
"""

import json
import subprocess
import sys

from subunit import ByteStreamToStreamResult
from testtools import StreamToDict

# The statuses of a test that has not run or not ended.
_UNFINISHED = ("exists", "unknown")


def report(test: dict) -> None:
    if test["status"] in _UNFINISHED:
        return
    began, ended = test["timestamps"]
    event = {
        "id": test["id"],
        "status": test["status"],
        "began": began.timestamp() if began else None,
        "ended": ended.timestamp() if ended else None,
        "details": {name.strip(":'"): each.as_text() for name, each in test["details"].items()},
    }
    print(json.dumps(event), flush=True)


def main(command: list[str]) -> int:
    result = StreamToDict(report)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        result.startTestRun()
        ByteStreamToStreamResult(program.stdout, non_subunit_name="output").run(result)
        result.stopTestRun()
        return program.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
