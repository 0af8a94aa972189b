"""A stand-in for ssh that gives the answers that a test sets for both nodes."""

import json
import sys
import time
from contextlib import closing

import pytest

from job.nodes import ssh, watch
from job.nodes.status import State
from job.nodes.watch import Watch
from job.reports.timeline import Timeline
from tests.patience import PATIENCE_S

# It starts some hundred times, so it avoids slow imports: site-packages and pathlib.
# The destination and the command tell which node or subject is asked.
_SSH = """\
#!{python} -IS
import base64, json, os, sys, time
folder = os.path.dirname(__file__)
destination, command = sys.argv[-2:]
who = "worker" if destination.endswith("10.0.3.16") else "controller"
if "--for worker" in command:
    who = "registration"
with open(folder + "/calls", "a") as calls:
    calls.write(json.dumps([who, command]) + "\\n")
path = f"{{folder}}/{{who}}.json"
answers = [{{"errors": "silence", "code": 255}}]
if os.path.exists(path):
    with open(path) as file:
        answers = json.load(file)
with open(path, "w") as file:
    json.dump(answers[1:] or answers, file)
answer = answers[0]
sys.stdout.buffer.write(base64.b64decode(answer.get("output", "")))
sys.stdout.flush()
sys.stderr.write(answer.get("errors", ""))
while answer.get("after", who) not in open(folder + "/calls").read():
    time.sleep(0.05)
time.sleep(answer.get("sleep", 0))
sys.exit(answer.get("code", 0))
"""


class Ssh:
    """The stand-in, its answers and its calls."""

    def __init__(self, folder):
        self.folder = folder
        path = folder / "ssh"
        path.write_text(_SSH.format(python=sys.executable))
        path.chmod(0o755)

    def answer(self, who, *answers):
        """Set the answers of a subject, used in turn; the last one repeats."""
        (self.folder / f"{who}.json").write_text(json.dumps(answers))

    def calls(self, who):
        """Return the commands that a subject was sent."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [command for asked, command in map(json.loads, lines) if asked == who]


@pytest.fixture(autouse=True)
def programs(tmp_path, monkeypatch):
    """The stand-in for ssh, in the only folder on PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Ssh(folder)


@pytest.fixture
def outputs():
    """The outputs of a stack with a worker."""
    return {
        "controller_public_ip": "203.0.113.10",
        "controller_private_ip": "10.0.3.15",
        "worker_private_ip": "10.0.3.16",
        "ssh_user": "cloud",
        "ssh_private_key": "KEY\n",
        "known_hosts": "203.0.113.10,10.0.3.15 ssh-ed25519 AAAA\n10.0.3.16 ssh-ed25519 BBBB\n",
        "project": "p",
        "zones": {"controller": "us-east4-a", "worker": "us-east4-b"},
        "instances": {"controller": "c", "worker": "w"},
    }


@pytest.fixture
def watched(outputs, tmp_path, monkeypatch):
    """A running watch, with its messages and its timeline."""
    monkeypatch.setattr(watch, "_INTERVAL_S", 0.01)
    said = []
    timeline = Timeline()
    with closing(Watch(ssh.nodes(outputs, tmp_path), said.append, timeline)) as started:
        yield Watched(started, said, timeline)


class Watched:
    """A watch, its messages and its timeline."""

    def __init__(self, watch, said, timeline):
        self.watch = watch
        self.timeline = timeline
        self._said = said

    def until(self, claim, timeout_s=PATIENCE_S):
        """Poll until a claim about the states holds; fail at the time limit."""
        deadline = time.monotonic() + timeout_s
        while not claim(states := self.watch.poll()):
            assert time.monotonic() < deadline, states
            time.sleep(0.01)
        return states

    @property
    def said(self):
        """The messages, without their times."""
        return [line.strip().partition(" ")[2] for line in self._said]

    def lane(self, name):
        """Return the names and verdicts of a lane's spans."""
        spans = self.timeline.spans
        return [(span.name, span.verdict) for span in spans if span.lane == name]


@pytest.fixture
def state():
    """Return a state of a subject."""
    return lambda subject, **fields: State(subject=subject, **fields)
