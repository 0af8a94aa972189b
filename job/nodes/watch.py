"""Watch: follow the state of both nodes and of the worker's registration.

It polls over ssh, one short query at a time for each subject, each with a time-out. One long
connection would be dropped by NAT or firewalls. Nothing here blocks, so that the caller can do
other work between polls, and stop at any time.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from job.nodes.display import elapsed
from job.nodes.lanes import Lanes
from job.nodes.remote_command import WRONG_KEY, Run
from job.nodes.ssh import Access, Role
from job.nodes.status import COMMAND, NoStatusError, State, Subject, parse
from job.reports.timeline import Timeline

_INTERVAL_S = 5.0
_QUESTION_S = 20.0
# A booting machine may present the image's host key before cloud-init installs ours.
_WRONG_KEY_S = 60.0
# Report a missing answer only when it happens twice in a row.
_MISSES = 2


@dataclass
class _Subject:
    """A watched subject and its current query."""

    access: Access
    command: str
    state: State
    answered_at: float
    run: Run | None = None
    ask_at: float = 0.0
    misses: int = 0
    wrong_key_at: float | None = None
    said: str = ""


class Watch:
    """Polls the subjects and reports changes. To be closed, which ends running queries."""

    def __init__(
        self,
        nodes: Mapping[Role, Access],
        say: Callable[[str], None],
        timeline: Timeline | None = None,
    ) -> None:
        self._say = say
        self._lanes = Lanes(timeline) if timeline else None
        self._began = time.monotonic()
        queries: dict[Subject, tuple[Access, str]] = {
            role: (access, COMMAND) for role, access in nodes.items()
        }
        if "worker" in nodes:
            queries["registration"] = (nodes["controller"], f"{COMMAND} --for worker")
        self._subjects = {
            name: _Subject(access, command, State(subject=name), answered_at=self._began)
            for name, (access, command) in queries.items()
        }

    def poll(self) -> dict[Subject, State]:
        """Process finished queries, start due ones, report changes. Returns all states."""
        for subject in self._subjects.values():
            if not subject.state.is_final:
                self._look(subject)
        return {name: subject.state for name, subject in self._subjects.items()}

    def close(self) -> None:
        for subject in self._subjects.values():
            if subject.run:
                subject.run.close()

    def _look(self, subject: _Subject) -> None:
        if subject.run is None:
            if time.monotonic() >= subject.ask_at and self._is_due(subject):
                subject.run = Run(subject.access, subject.command, timeout_s=_QUESTION_S)
            return
        if not subject.run.ended():
            return
        before, run = subject.state, subject.run
        subject.run = None
        with closing(run):
            _take(subject, run)
        subject.ask_at = time.monotonic() + _INTERVAL_S
        if self._lanes and not subject.state.trouble and subject.state != before:
            self._lanes.note(subject.state)
        self._tell(subject)

    def _is_due(self, subject: _Subject) -> bool:
        """Tell whether to query it. The registration waits for the controller's verdict."""
        return (
            subject.state.subject != "registration" or self._subjects["controller"].state.is_final
        )

    def _tell(self, subject: _Subject) -> None:
        state = subject.state
        if state.trouble and not state.is_final:
            if subject.misses < _MISSES and subject.said:
                return
            text = f"no answer ({state.trouble})"
        else:
            text = str(state)
        if text != subject.said:
            subject.said = text
            self._say(f"{elapsed(self._began)} {state.subject}: {text}")


def _take(subject: _Subject, run: Run) -> None:
    """Update a subject from a finished query."""
    now = time.monotonic()
    before = subject.state
    trouble = run.trouble
    if not trouble:
        try:
            answer = run.answer
            subject.state = _judge(before, parse(before.subject, answer))
        except NoStatusError as problem:
            # cloud-init creates the user before devstack-status, whose output is empty until then.
            trouble = f"no status: {problem if answer.strip() else run.complaint}"
        else:
            subject.answered_at, subject.misses, subject.wrong_key_at = now, 0, None
            return
    subject.misses += 1
    subject.wrong_key_at = (subject.wrong_key_at or now) if trouble == WRONG_KEY else None
    subject.state = replace(before, trouble=trouble, silent_s=now - subject.answered_at)
    if subject.wrong_key_at is not None and now - subject.wrong_key_at >= _WRONG_KEY_S:
        error = f"another machine answers at {subject.access.host}: not the key that the stack gave"
        subject.state = replace(
            subject.state, verdict="failed", stage="ssh", error=error, error_class="configuration"
        )


def _judge(before: State, now: State) -> State:
    """Return the answer, or a failure if the node was rebooted during its build."""
    rebooted = before.boot_id not in {"", now.boot_id}
    if not rebooted or now.is_final or before.stage.startswith("reboot"):
        return now
    error = f"rebooted during '{before.stage}'; replace the instance"
    return replace(
        now, verdict="failed", stage=before.stage, error=error, error_class="interrupted"
    )
