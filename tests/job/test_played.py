"""The played engine: job and cloud cannot tell it from the real one, and it invents nothing."""

import json
import subprocess
from collections import Counter

from tests.job.tape.player import spoken
from tests.patience import PATIENCE_S


def changes(requests):
    """Count the requests to the Compute API that change something, by method and path."""
    return Counter(
        (request["method"], request["path"])
        for request in requests
        if not request["method"].endswith((".get", ".list", ".aggregatedList"))
    )


def steps(log):
    """Return an event log's steps as (kind, operation, URN), in order."""
    told = []
    for line in log.splitlines():
        event = json.loads(line)
        [kind] = event.keys() - {"sequence", "timestamp"}
        metadata = event[kind].get("metadata", {})
        told.append((kind, metadata.get("op"), metadata.get("urn")))
    return told


def tree(ended):
    return sorted(str(path.relative_to(ended.artifacts)) for path in ended.artifacts.rglob("*"))


def test_a_played_job_is_as_the_recorded_one(prow, played, whole):
    """The same calls in the same order, the same changes to the cloud, and the same reports."""
    ended = prow.run()
    tape = json.loads(whole.tape.read_text())
    requests = prow.api.requests(prow.project)

    assert ended.code == 0, ended.output
    assert played.calls == [spoken(call["arguments"]) for call in tape["calls"]]
    assert changes(requests) == changes(whole.requests)
    assert tree(ended) == tree(whole.ended)
    for lane in ("job", "resources"):
        assert ended.spans(lane) == whole.ended.spans(lane)
    for name in ("pulumi/up-01.jsonl", "pulumi/destroy-01.jsonl"):
        assert steps(ended.read(name)) == steps(whole.ended.read(name))


def test_what_was_not_recorded_is_refused(played, tmp_path):
    """A refusal also fails the test that caused it, since a real engine would have acted."""
    cli = played.engine().cli
    words = ["up", "--replace=urn:pulumi:e2e-1::devstack::gcp:compute/instance:Instance::worker"]
    done = subprocess.run(
        [cli, *words],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        text=True,
        timeout=PATIENCE_S,
    )

    assert (done.returncode, done.stdout) == (99, "")
    assert played.refusals == done.stderr.splitlines()
    assert f"does not know {' '.join(words)} without a stack" in done.stderr
    (played.folder / "refusals").unlink()


def test_other_settings_are_refused(prow, played):
    """The real engine would have built a different cloud with them."""
    ended = prow.run(DEVSTACK_SET_bootDiskGib="400")

    assert ended.code == 1
    assert [line for line in played.refusals if "bootDiskGib" in line] != []
    assert prow.inventory() == set()
    (played.folder / "refusals").unlink()


def test_an_answer_of_the_cloud_that_was_not_recorded_is_refused(prow, played):
    prow.api.deny("networks.insert")
    ended = prow.run()

    assert ended.code == 1
    assert [line for line in played.refusals if "has no 403 to POST" in line] != []
    (played.folder / "refusals").unlink()
