"""Originals: the programs behind our stand-ins, built from Go modules pinned in go.mod and go.sum.

`boskos` is the real server on an in-memory Kubernetes API; `entrypoint` is the program with which
Prow starts a job.
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
    """Build both programs unless they are built already; return their folder."""
    return ensure_bundle(ORIGINALS, cache_dir(os.environ), os.environ)
