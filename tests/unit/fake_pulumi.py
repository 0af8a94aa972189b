"""Fake Pulumi: a CLI that records its calls and gives the answers that a test sets."""

import json
import sys
from pathlib import Path
from typing import Any

from host.pulumi_cli import required_version

# It starts some hundred times, so it avoids slow imports: site-packages and pathlib.
_SCRIPT = """\
#!{python} -IS
import json, os, signal, sys, time

folder = os.path.dirname(__file__)

def write(name, text, mode="w"):
    with open(os.path.join(folder, name), mode) as file:
        file.write(text)

line = " ".join(argument for argument in sys.argv[1:] if argument != "--non-interactive")
write("calls", line + "\\n", "a")
with open(os.path.join(folder, "answers.json")) as file:
    answers = json.load(file)
key = max((key for key in answers if line.startswith(key)), key=len, default=None)
answer = answers.get(key, {{}})
if isinstance(answer, list):
    rest = answer[1:] or answer
    answer = answer[0]
    write("answers.json", json.dumps({{**answers, key: rest}}))
if "signals" in answer:
    received = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: received.append(got))
    write("ready", "")
    deadline = time.monotonic() + answer["signals"]
    while time.monotonic() < deadline:
        time.sleep(0.05)
    write("signals", json.dumps(received))
print(answer.get("stdout", ""), end="")
print(answer.get("stderr", ""), end="", file=sys.stderr)
if "kill" in answer:
    os.kill(os.getpid(), answer["kill"])
sys.exit(answer.get("code", 0))
"""


class FakePulumi:
    """The fake CLI in its folder, which belongs on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("pulumi", "pulumi-language-python"):
            (folder / name).write_text(_SCRIPT.format(python=sys.executable))
            (folder / name).chmod(0o755)
        self._answers: dict[str, Any] = {}
        self.answer("version", stdout=f"v{required_version()}\n")
        self.answer("stack export", stdout='{"version": 3, "deployment": {}}')
        self.answer("stack ls", stdout="[]")

    def answer(self, command: str, *then: dict[str, Any], **first: Any) -> None:
        """Set the answers to calls with this beginning, used in turn; the last one repeats."""
        self._answers[command] = [first, *then]
        (self.folder / "answers.json").write_text(json.dumps(self._answers))

    @property
    def calls(self) -> list[str]:
        """The calls so far, without the flags that every call has."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [line.partition(" --color ")[0] for line in lines]
