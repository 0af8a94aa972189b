"""Timeline: a span's verdict follows from the end of its block, and is always on disk."""

import json

import pytest

from host.ending import EndedError
from host.errors import JobError
from job.redaction.artifacts import Artifacts
from job.reports.timeline import Timeline


@pytest.fixture
def path(tmp_path):
    return tmp_path / "timeline.json"


def spans(path):
    document = json.loads(path.read_text())
    assert document["schema"] == 1
    return document["spans"]


def test_a_span_that_runs_is_written_already(path):
    """A killed job leaves it in the file."""
    with Timeline(Artifacts(path.parent)).span("job", "up"):
        [span] = spans(path)

    assert (span["lane"], span["name"], span["verdict"]) == ("job", "up", "running")
    assert span["began"].endswith("Z")
    assert span["ended"] is None


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (JobError("no zone has room"), "failed"),
        (EndedError("ended by SIGTERM", 15), "interrupted"),
        (KeyboardInterrupt("now"), "failed"),
    ],
    ids=["failed", "interrupted", "unforeseen"],
)
def test_what_a_block_raises_is_its_verdict(path, error, verdict):
    with pytest.raises(type(error)), Timeline(Artifacts(path.parent)).span("job", "up"):
        raise error
    [span] = spans(path)

    assert (span["verdict"], span["note"]) == (verdict, str(error))
    assert span["ended"] >= span["began"]


def test_a_span_that_passed_says_so(path):
    with Timeline(Artifacts(path.parent)).span("tests", "make test-e2e"):
        pass

    assert [span["verdict"] for span in spans(path)] == ["passed"]
