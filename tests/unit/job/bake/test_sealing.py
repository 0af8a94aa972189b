"""Sealing: the order of the nodes, and what a node that cannot be sealed leads to."""

import json
from contextlib import closing

import pytest

from host.ending import Ending
from host.errors import JobError
from job.bake import sealing
from job.bake.commits import as_setting
from job.nodes.ssh import Access

SEALED = json.dumps({"role": "worker", "commits": {"nova": "68fdaf29"}})


@pytest.fixture
def seal(tmp_path, monkeypatch):
    """Seal nodes by a stand-in for ssh, a script that gets the host as $HOST."""

    def run(script):
        (tmp_path / "ssh").write_text(f"#!/bin/sh\nHOST=$(echo $* | grep -o '@[a-z]*')\n{script}\n")
        (tmp_path / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        access = {
            role: Access(user="u", host=role, key=tmp_path, known_hosts=tmp_path)
            for role in ("controller", "worker")
        }
        with closing(Ending()) as ending:
            return sealing.seal(access, ending)

    return run


def test_the_controller_is_the_last(seal, tmp_path):
    """The worker's services end while those of the controller still answer."""
    commits = seal(f"echo $HOST >>{tmp_path}/asked\necho progress\necho '{SEALED}'")

    assert (tmp_path / "asked").read_text().split() == ["@worker", "@controller"]
    assert as_setting(commits) == ["controller/nova=68fdaf29", "worker/nova=68fdaf29"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'a secret is left in /etc/x' >&2; exit 1", "a secret is left in /etc/x"),
        ("echo 'ssh: Connection refused' >&2; exit 255", "refused"),
        ("true", "did not say what the node was built from"),
        ("echo '[]'", "did not say what the node was built from"),
        ("echo '{\"commits\": null}'", "did not say what the node was built from"),
        ("echo nonsense", "did not say what the node was built from"),
    ],
)
def test_a_node_that_is_not_sealed_ends_the_bake(seal, script, why):
    with pytest.raises(JobError, match=f"^worker: .*{why}"):
        seal(script)
