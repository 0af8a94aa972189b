"""Jobs to run, each with a cloud and a Boskos of its own."""

import os
import shutil
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import SystemClock
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.engine.engine import ensure
from localcloud.machines.simulated import SimulatedNodes
from tests.job.packages import cache_with_packages
from tests.job.prow import STANDIN, Prow, Site, zones
from tests.repositories import make_repositories

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Not that of the engine's tests, nor that of localcloud's daemon.
EXTERNAL_RANGE = IPv4Network(f"127.{97 + WORKER}.0.0/16")
OPERATION_S = 0.2


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the refs of the default release are."""
    return make_repositories(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which the job finds the packages that these tests run with."""
    return cache_with_packages(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def prow(tmp_path: Path, sources: str, cache: Path) -> Iterator[Prow]:
    """A job that has not begun, and a cloud of its own."""
    shutil.copytree(STANDIN / "capo", tmp_path / "capo")
    (tmp_path / "cache").symlink_to(cache)
    ranch = Ranch([Resource(name="leased-one", type="gce-project")], SystemClock())
    options = Options(external_range=EXTERNAL_RANGE, latency_s={"default": OPERATION_S})
    with (
        SimulatedNodes() as nodes,
        ComputeApi(options) as api,
        BoskosServer(ranch) as boskos,
        ThreadingHTTPServer(("127.0.0.1", 0), Site) as site,
    ):
        nodes.attach(api)
        site.pages = {  # type: ignore[attr-defined] # of the handler above
            "/identity": b'{"versions": {}}',
            "/zones": zones("testaz1", "testaz2"),
        }
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        made = Prow(tmp_path, api, nodes, boskos, ensure(), sources, site)
        api.on_instance_running(made.learn_secrets)
        yield made
        # A test that failed leaves its job running.
        for job in made.jobs:
            if job.poll() is None:
                made.kill(job)
        site.shutdown()
        thread.join()
