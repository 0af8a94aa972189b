"""Status: any answer of a node becomes a state of plain texts, or is refused with a reason."""

import json
import unicodedata
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job.nodes.status import NoStatusError, parse
from tests.spoilt import ANY_JSON

ANSWER = {
    "stage": "stack.sh",
    "since": "2026-11-25T01:00:00Z",
    "verdict": "pending",
    "error": "",
    "class": "",
    "boot_id": "first",
    "detail": "Starting Nova",
    "unreadable": [],
}
ODD = st.dictionaries(st.sampled_from(sorted(ANSWER)), ANY_JSON).map(lambda odd: {**ANSWER, **odd})
CUT_OFF = st.integers(0, len(json.dumps(ANSWER)) - 1).map(lambda n: json.dumps(ANSWER)[:n].encode())


def texts(state):
    return (
        *(state.verdict, state.stage, state.detail, state.error, state.error_class, state.boot_id),
        *state.unreadable,
        str(state),
    )


@given(st.binary() | CUT_OFF | (ANY_JSON | ODD).map(lambda found: json.dumps(found).encode()))
def test_whatever_comes_is_a_state_or_no_status(answer):
    try:
        state = parse("controller", answer)
    except NoStatusError:
        return
    assert state.verdict in {"pending", "ready", "failed"}
    assert isinstance(state.since, datetime)
    for text in texts(state):
        # States are printed, and written into files.
        assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no JSON: Expecting value"),
        ("[]", "a list, not an object"),
        ("null", "a NoneType, not an object"),
        ("[" * 100_000, "no JSON: maximum recursion"),
        (json.dumps({**ANSWER, "verdict": ["ready"]}), "'verdict' is list"),
        (json.dumps({**ANSWER, "verdict": "fine"}), "verdict 'fine'"),
        (json.dumps({**ANSWER, "stage": None}), "'stage' is missing"),
        (json.dumps({**ANSWER, "since": "yesterday"}), "'since' is 'yesterday', no time"),
    ],
    ids=["empty", "list", "null", "deep", "verdict", "no verdict", "stage", "since"],
)
def test_what_is_wrong_with_an_answer_is_said(answer, reason):
    with pytest.raises(NoStatusError, match=rf"^{reason.replace('[', '.')}"):
        parse("controller", answer.encode())


def test_a_pending_node_says_what_it_cannot_read():
    told = {**ANSWER, "unreadable": ["/etc/devstack-node/node.env: empty", "x: no JSON"]}

    state = parse("controller", json.dumps(told).encode())

    reason = "cannot read /etc/devstack-node/node.env: empty; cannot read x: no JSON"
    assert str(state) == f"stack.sh, Starting Nova; {reason}"


def test_an_answer_cannot_move_the_terminals_cursor():
    told = {**ANSWER, "detail": "a\x1b[2Jb\r\n\ud800c"}

    assert parse("worker", json.dumps(told).encode()).detail == "a [2Jb c"
