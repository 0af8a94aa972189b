"""Whole: one complete job under Prow's entrypoint, whose results many tests share.

The played engine's tape is recorded from the same job.
"""

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.machines.node_status import Course
from tests.job.entrypoint import Entrypoint
from tests.job.prow import Ended, Prow, zones
from tests.job.tape.engines import Recorder


@dataclass(frozen=True, kw_only=True)
class Whole:
    """The results of the complete job."""

    ended: Ended
    marker: str
    """The exit status, as Prow's sidecar reads it."""
    log: str
    """The text of build-log.txt."""
    targets: list[dict[str, Any]]
    releases: list[str]
    inventory: set[str]
    requests: list[dict[str, Any]]
    """All requests to the Compute API."""
    secrets: set[str]
    stacks: list[Path]
    tape: Path


def run(prow: Prow, recorder: Recorder) -> Whole:
    """Run a job whose second AZ appears during the tests."""
    prow.nodes.courses |= {"controller": Course(verdict_after_s=4), "worker": Course(6)}
    prow.site.pages["/zones"] = zones("testaz1")  # type: ignore[attr-defined] # of its handler
    entrypoint = Entrypoint(folder=prow.folder)
    with recorder.listening(prow.api):
        job = prow.start(entrypoint=entrypoint, STANDIN_SLEEP_S="1")
        prow.wait_for(lambda: "make test-e2e" in prow.running("tests"), job)
        prow.site.pages["/zones"] = zones("testaz1", "testaz2")  # type: ignore[attr-defined] # as above
        ended = prow.end(job)
    tape = prow.folder / "tape.json"
    tape.write_text(json.dumps(recorder.tape(prow.api, "e2e-1")))
    lines = (prow.folder / "targets.jsonl").read_text().splitlines()
    return Whole(
        ended=ended,
        marker=entrypoint.marker.read_text(),
        log=entrypoint.log.read_text(),
        targets=[json.loads(line) for line in lines],
        releases=prow.releases,
        inventory=prow.inventory(),
        requests=prow.api.requests(prow.project),
        secrets=prow.secrets,
        stacks=list((prow.folder / "state").glob("stacks/*")),
        tape=tape,
    )


def keep(whole: Whole, file: Path) -> None:
    """Write the results to a file, for other test processes."""
    file.write_bytes(pickle.dumps(whole))


def read(file: Path) -> Whole:
    """Read results that another process of the same test run has written."""
    found: Whole = pickle.loads(file.read_bytes())  # noqa: S301 - our own
    return found
