"""Recorder: a CLI that runs the real one, passes its output on and records the call.

Started as `recorder.py FILE CLI ARGUMENT…`. Each call becomes one line of JSON in FILE.
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO


def main(file: str, cli: str, *arguments: str) -> int:
    """Run the CLI and record the call; return the exit status."""
    began = time.time()
    # Read them before the CLI rewrites them.
    settings = {path.name: path.read_text() for path in Path().glob("Pulumi.*.yaml")}
    process = subprocess.Popen(
        [cli, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said: dict[str, list[str]] = {"stdout": [], "stderr": []}
    threads = [
        threading.Thread(target=_pass_on, args=(getattr(process, name), getattr(sys, name), kept))
        for name, kept in said.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    call = {
        "arguments": arguments,
        "began": began,
        "code": process.wait(),
        "ended": time.time(),
        "log": _log(arguments),
        "settings": settings,
        **{name: "".join(kept) for name, kept in said.items()},
    }
    with Path(file).open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\n")
    return process.returncode


def _pass_on(source: IO[str], sink: IO[str], kept: list[str]) -> None:
    for line in source:
        kept.append(line)
        sink.write(line)
        sink.flush()


def _log(arguments: tuple[str, ...]) -> str:
    """Return the event log that the call asked for; empty without one."""
    if "--event-log" not in arguments:
        return ""
    return Path(arguments[arguments.index("--event-log") + 1]).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
