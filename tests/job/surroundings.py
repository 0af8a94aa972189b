"""Surroundings: a cloud, a Boskos and a checkout of CAPO, for one job or several."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path

from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import SystemClock
from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from localcloud.engine.engine import Engine
from localcloud.machines.simulated import SimulatedNodes
from tests.job.prow import STANDIN, Prow, Site, zones

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# Each test process has a range of its own, which neither the engine's tests nor localcloud's
# daemon use: two servers cannot listen on one address.
EXTERNAL_RANGE = IPv4Network(f"127.{97 + WORKER}.0.0/16")
OPERATION_S = 0.2


@contextmanager
def surroundings(folder: Path, engine: Engine, sources: str, cache: Path) -> Iterator[Prow]:
    """Provide a cloud, a Boskos and a checkout of CAPO while the block runs."""
    shutil.copytree(STANDIN / "capo", folder / "capo")
    (folder / "cache").symlink_to(cache)
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
        thread = threading.Thread(target=site.serve_forever, args=(0.05,))
        thread.start()
        made = Prow(folder, api, nodes, boskos, engine, sources, site)
        api.on_instance_running(made.learn_secrets)
        try:
            yield made
        finally:
            # A failed test may leave its job running.
            for job in made.jobs:
                if job.poll() is None:
                    made.kill(job)
            site.shutdown()
            thread.join()
