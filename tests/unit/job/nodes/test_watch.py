"""Watch: reactions to answers, missing answers, and a replaced or rebooted node."""

import time

import pytest

from job.nodes import watch as module
from tests.patience import FOREVER_S
from tests.unit.job.nodes.answers import (
    CUT,
    FAILED,
    NO_PROGRAM,
    READY,
    REFUSED,
    SILENT,
    WRONG_KEY,
    told,
)


def verdict(states, subject):
    return states[subject].verdict


def test_both_nodes_and_the_registration_are_followed_to_their_verdicts(watched, programs):
    programs.answer("controller", told(detail="Starting Keystone"), READY)
    programs.answer("worker", told("pending", "packages"), READY)
    programs.answer("registration", told("ready", "registered"))

    watched.until(lambda states: all(state.verdict == "ready" for state in states.values()))
    assert sorted(watched.said) == [
        "controller: ready",
        "controller: stack.sh, Starting Keystone",
        "registration: ready",
        "worker: packages",
        "worker: ready",
    ]


def test_a_verdict_is_not_asked_for_again(watched, programs):
    """Polling would disturb a finished node."""
    programs.answer("controller", READY)
    watched.until(lambda states: states["controller"].is_final)
    for _ in range(20):
        watched.watch.poll()
        time.sleep(0.005)

    assert len(programs.calls("controller")) == 1


def test_the_registration_is_not_asked_for_before_the_controller_is_done(watched, programs):
    programs.answer("controller", *[told(at=i) for i in range(4)], READY)
    programs.answer("registration", told("ready", "registered"))

    def claim(states):
        assert states["controller"].is_final or not programs.calls("registration")
        return states["registration"].is_final

    watched.until(claim)


def test_a_failure_is_told_with_stage_class_and_line(watched, programs):
    programs.answer("worker", FAILED)
    state = watched.until(lambda states: states["worker"].is_final)["worker"]

    assert (state.verdict, state.stage, state.error_class) == (
        *("failed", "stack.sh", "infrastructure"),
    )
    assert [line for line in watched.said if line.startswith("worker")] == [
        "worker: failed in 'stack.sh' (infrastructure): stack.sh ended with 1: fatal: no"
    ]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (REFUSED, "refused"),
        (SILENT, "silent"),
        (WRONG_KEY, "another host key"),
        (CUT, "broken off: client_loop: send disconnect: Broken pipe"),
        (NO_PROGRAM, "no status: sudo: /usr/local/sbin/devstack-status: command not found"),
        ({"errors": "cloud@1: Permission denied (publickey).", "code": 255}, "not let in"),
        (told(stage=None), "no status: 'stage' is missing"),
    ],
    ids=["refused", "silent", "host key", "cut", "no program", "not let in", "nonsense"],
)
def test_why_there_is_no_answer_is_told_apart(watched, programs, answer, trouble):
    programs.answer("controller", answer)
    states = watched.until(lambda states: states["controller"].trouble)

    assert states["controller"].trouble == trouble
    assert not states["controller"].is_final
    assert f"controller: no answer ({trouble})" in watched.said


def test_a_question_without_an_end_is_silence(watched, programs, monkeypatch):
    monkeypatch.setattr(module, "_QUESTION_S", 0.3)
    programs.answer("controller", {"sleep": FOREVER_S})
    states = watched.until(lambda states: states["controller"].trouble)

    assert states["controller"].trouble == "silent"


def test_one_lost_answer_is_no_news(watched, programs):
    """Single connections may be lost; the next poll succeeds."""
    programs.answer("controller", told(), CUT, told(detail="Starting Nova"), CUT, CUT, READY)
    watched.until(lambda states: states["controller"].is_final)

    assert [line for line in watched.said if line.startswith("controller")] == [
        "controller: stack.sh",
        "controller: stack.sh, Starting Nova",
        f"controller: no answer (broken off: {CUT['errors']})",
        "controller: ready",
    ]


def test_silence_is_measured_from_the_last_answer(watched, programs):
    programs.answer("controller", told(), REFUSED)
    states = watched.until(lambda states: states["controller"].silent_s > 0.2)
    assert states["controller"].stage == "stack.sh"

    programs.answer("controller", told(detail="Starting Nova"))
    states = watched.until(lambda states: states["controller"].detail)
    assert (states["controller"].silent_s, states["controller"].trouble) == (0, "")


def test_a_host_key_that_stays_another_one_is_a_failure(watched, programs, monkeypatch):
    """At first the node may still have the image's own key."""
    monkeypatch.setattr(module, "_WRONG_KEY_S", FOREVER_S)
    programs.answer("controller", WRONG_KEY, WRONG_KEY, told(), WRONG_KEY)
    watched.until(lambda states: states["controller"].stage == "stack.sh")
    monkeypatch.setattr(module, "_WRONG_KEY_S", 0)
    state = watched.until(lambda states: states["controller"].is_final)["controller"]

    assert (state.verdict, state.error_class) == ("failed", "configuration")
    assert state.error.startswith("another machine answers at 203.0.113.10")
    assert "controller: stack.sh" in watched.said


def test_a_reboot_while_it_is_built_is_a_failure(watched, programs):
    """Even if the node reports another state: an interrupted DevStack has to be replaced."""
    programs.answer("worker", told(), told("pending", "cloud-init", boot_id="second"))
    state = watched.until(lambda states: states["worker"].is_final)["worker"]

    assert (state.verdict, state.error_class) == ("failed", "interrupted")
    assert state.error == "rebooted during 'stack.sh'; replace the instance"


def test_a_finished_node_may_reboot(watched, programs):
    programs.answer(
        "worker",
        told("pending", "reboot: readiness"),
        told("pending", "reboot", boot_id="second"),
        told("ready", "ready", boot_id="second"),
    )

    assert verdict(watched.until(lambda states: states["worker"].is_final), "worker") == "ready"


def test_stages_become_spans_with_the_nodes_own_times(watched, programs):
    programs.answer(
        "controller",
        told("pending", "packages", at=0),
        told("pending", "stack.sh", at=10, detail="Starting Keystone"),
        told("pending", "stack.sh", at=10, detail="Starting Nova"),
        told("ready", "ready", at=50),
    )
    programs.answer("worker", told("pending", "stack.sh", at=5), FAILED)
    watched.until(lambda s: s["controller"].is_final and s["worker"].is_final)

    assert watched.lane("controller") == [
        ("packages", "passed"),
        ("stack.sh", "passed"),
        ("Starting Keystone", "passed"),
        ("Starting Nova", "passed"),
    ]
    assert watched.lane("worker") == [("stack.sh", "failed")]
    packages, stack, keystone = [s for s in watched.timeline.spans if s.lane == "controller"][:3]
    assert [span.began.second for span in (packages, stack, keystone)] == [0, 10, 10]
    assert (packages.ended.second, stack.ended.second) == (10, 50)
    [failed] = [span for span in watched.timeline.spans if span.lane == "worker"]
    assert failed.note == "stack.sh ended with 1: fatal: no"


def test_the_registration_is_one_span_of_the_worker(watched, programs):
    programs.answer("controller", READY)
    programs.answer(
        "registration", told("pending", "no nova-compute"), told("ready", "registered", at=9)
    )
    watched.until(lambda states: states["registration"].is_final)

    assert watched.lane("worker") == [("registration", "passed")]


def test_nothing_is_left_of_a_watch_that_is_dropped(programs, watched):
    programs.answer("controller", {"sleep": FOREVER_S})
    watched.watch.poll()
    run = watched.watch._subjects["controller"].run
    watched.watch.close()

    assert run.code < 0
