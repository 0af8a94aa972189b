"""Answers: output and exit codes of ssh and `devstack-status` in different cases."""

import base64
import json

REFUSED = {"errors": "ssh: connect to host 203.0.113.10 port 22: Connection refused", "code": 255}
SILENT = {"errors": "ssh: connect to host 203.0.113.10 port 22: Connection timed out", "code": 255}
WRONG_KEY = {"errors": "Host key verification failed.\r\n", "code": 255}
CUT = {"errors": "client_loop: send disconnect: Broken pipe", "code": 255}
NO_PROGRAM = {"errors": "sudo: /usr/local/sbin/devstack-status: command not found", "code": 1}


def told(verdict="pending", stage="stack.sh", at=0, code=None, **fields):
    """Return an answer of a node; `at` is the second of its `since`."""
    document = {
        "schema": 1,
        "node": "controller",
        "subject": "node",
        "stage": stage,
        "since": f"2026-11-25T01:00:{at:02}Z",
        "verdict": verdict,
        "error": "",
        "class": "",
        "boot_id": "first",
        "detail": "",
        **fields,
    }
    output = base64.b64encode(json.dumps(document).encode()).decode()
    exit_code = {"ready": 0, "failed": 1, "pending": 3}[verdict] if code is None else code
    return {"output": output, "code": exit_code}


READY = told("ready", "ready", at=59)
FAILED = told(
    "failed", at=40, error="stack.sh ended with 1: fatal: no", **{"class": "infrastructure"}
)
