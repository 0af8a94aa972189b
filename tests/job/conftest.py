"""Jobs to run, each with a cloud and a Boskos of its own.

One whole job is run with the real engine and recorded. The others have, beside the same services,
an engine that plays the record, unless their module asks for the real one.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.engine.engine import Engine, ensure
from localcloud.locks import exclusive
from tests.forkserver import with_fork_server
from tests.job import whole as whole_job
from tests.job.packages import cache_with_packages
from tests.job.prow import Prow
from tests.job.surroundings import surroundings
from tests.job.tape.engines import Played, Recorder
from tests.job.whole import Whole
from tests.repositories import make_repositories


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the refs of the default release are."""
    return make_repositories(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory, fork_server: Path) -> Path:
    """Cache folder in which a job finds the packages, with the fork server's client."""
    return cache_with_packages(tmp_path_factory.mktemp("cache"), fork_server)


@pytest.fixture(scope="session")
def real_engine(fork_server: Path) -> Engine:
    """Return the engine of this machine, or the one that localcloud builds."""
    return with_fork_server(ensure(), fork_server)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, sources: str) -> Whole:
    """Run the whole job, with no fork server; of several processes the first runs it."""
    base = tmp_path_factory.getbasetemp()
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "whole"
    with exclusive(kept.with_suffix(".lock"), "the whole job"):
        if not kept.exists():
            folder = tmp_path_factory.mktemp("whole")
            cache = cache_with_packages(tmp_path_factory.mktemp("cache"))
            recorder = Recorder(folder / "engine")
            with surroundings(folder, recorder.engine(ensure()), sources, cache) as prow:
                whole_job.keep(whole_job.run(prow, recorder), kept)
    return whole_job.read(kept)


@pytest.fixture
def played(tmp_path: Path, whole: Whole) -> Iterator[Played]:
    """The whole job's engine, to be played; a test that asks more of it fails."""
    made = Played(tmp_path / "engine", whole.tape)
    yield made
    assert made.refusals == []


@pytest.fixture
def engine(played: Played) -> Engine:
    """The engine of the jobs; a module may have the real one instead."""
    return played.engine()


@pytest.fixture
def prow(tmp_path: Path, sources: str, cache: Path, engine: Engine) -> Iterator[Prow]:
    """A job that has not begun, and a cloud of its own."""
    with surroundings(tmp_path, engine, sources, cache) as made:
        yield made
