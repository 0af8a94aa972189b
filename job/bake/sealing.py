"""Sealing: run `devstack-seal` on the nodes, and stop their instances."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from host.ending import Ending
from host.errors import JobError
from job.bake.commits import Commits
from job.cloud.cleanup.api import Api
from job.cloud.kinds import INSTANCES
from job.nodes.remote_command import Run
from job.nodes.ssh import Access, Role

_COMMAND = "sudo devstack-seal"
# The services end in good order; on a real node that takes some four minutes.
_SEAL_S = 1800.0
_LOOK_S = 0.5
# The controller last: the worker's services end while those that they talk to still answer.
_ORDER: Sequence[Role] = ("worker", "controller")


def seal(access: Mapping[Role, Access], ending: Ending) -> Commits:
    """Seal all nodes. Return the commits that each was built from. Raises JobError."""
    return {role: _seal(role, access[role], ending) for role in _ORDER if role in access}


def _seal(role: Role, access: Access, ending: Ending) -> dict[str, str]:
    began = time.monotonic()
    with closing(Run(access, _COMMAND, timeout_s=_SEAL_S)) as run:
        while not run.ended():
            ending.wait(_LOOK_S)
        if run.trouble or run.code:
            raise JobError(f"{role}: it could not be sealed: {run.trouble or run.complaint}")
        commits = _commits(role, run.answer)
    print(f"{role}: sealed in {time.monotonic() - began:.0f} s", flush=True)
    return commits


def _commits(role: Role, answer: bytes) -> dict[str, str]:
    """Return the commits in the last line of a seal's answer. Raises JobError."""
    try:
        commits: dict[str, str] = json.loads(answer.splitlines()[-1])["commits"]
        return {str(project): str(commit) for project, commit in commits.items()}
    except (IndexError, ValueError, KeyError, TypeError, AttributeError):
        raise JobError(f"{role}: devstack-seal did not say what the node was built from") from None


def stop(api: Api, paths: Sequence[str]) -> None:
    """Stop instances, by their paths, and wait until they are off. Raises JobError."""
    for operation in [api.stop(INSTANCES, path) for path in paths]:
        api.finish(operation)
