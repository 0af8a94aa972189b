"""Originals: programs that our stand-ins model, from the Go modules that go.mod and go.sum pin.

`boskos` is the real server over a Kubernetes API in memory, `entrypoint` what Prow starts a job by.
"""

import os
from pathlib import Path

from host.folders import cache_dir
from localcloud.engine.build import ensure_bundle
from localcloud.engine.pins import Bundle, Program

_FOLDER = Path(__file__).parent

BOSKOS = Program(name="boskos", folder=_FOLDER, module="sigs.k8s.io/boskos", package="./boskos")
ENTRYPOINT = Program(
    name="entrypoint", folder=_FOLDER, module="sigs.k8s.io/prow", package="cmd/entrypoint"
)
ORIGINALS = Bundle(
    name="originals",
    what="the real Boskos and Prow's entrypoint",
    minutes=3,
    programs=(ENTRYPOINT, BOSKOS),
)


def ensure() -> Path:
    """The folder with both, which are built if need be."""
    return ensure_bundle(ORIGINALS, cache_dir(os.environ), os.environ)
