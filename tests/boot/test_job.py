"""The whole job: its script with a Boskos, machines that boot, a tunnel, and the tests."""

import json
import shutil
import subprocess
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from host.folders import CHECKOUT
from localcloud.boskos.ranch import Ranch, Resource
from localcloud.boskos.server import BoskosServer
from localcloud.compute_api.clock import SystemClock
from localcloud.machines.booted_cloud import BootedCloud
from localcloud.machines.switch import inside
from tests.boot.booted_job import BootedJob
from tests.job.packages import cache_with_packages
from tests.job.prow import STANDIN
from tests.patience import PATIENCE_S

CONTROLLER, FLOATING = "capo-e2e-e2e-1-controller", "172.24.4.50"


class Page(SimpleHTTPRequestHandler):
    """The web page that a Nova server serves at its floating address."""

    def do_GET(self):
        """Answer 200 without a body."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Keep requests out of the test's output."""


@pytest.fixture
def site(tree, tmp_path):
    """A job's environment: a cloud, a Boskos and a CAPO checkout."""
    ranch = Ranch([Resource(name="leased-one", type="gce-project")], SystemClock())
    with BootedCloud(tree) as cloud:
        boskos = BoskosServer(ranch)
        inside(cloud.job, boskos.start)
        shutil.copytree(STANDIN / "capo", tmp_path / "capo")
        yield BootedJob(cloud, tmp_path), boskos
        boskos.stop()


def environment(job, boskos):
    """Return the variables that Prow sets, and those that point to the stand-ins."""
    path = job.cloud.settings(job.folder, ovnFromSource=False, amphoraImageUrl="")
    settings = yaml.safe_load(path.read_text())
    # The project comes from the Boskos lease.
    del settings["config"]["gcp:project"]
    path.write_text(yaml.safe_dump(settings))
    return {
        **job.environment,
        "PATH": f"{STANDIN / 'tools'}:{job.environment['PATH']}",
        "ARTIFACTS": str(job.folder / "artifacts"),
        "BOSKOS_HOST": boskos.host,
        "BUILD_ID": "1",
        "DEVSTACK_CACHE_DIR": str(cache_with_packages(job.folder / "cache")),
        "DEVSTACK_SETTINGS": str(path),
        "NO_PROXY": "127.0.0.1",
        "PYTHON": sys.executable,
        "STANDIN_IDENTITY_URL": "http://10.0.3.15/identity/v3",
        "STANDIN_FLOATING_URL": f"http://{FLOATING}:8080/",
        "STANDIN_PYTHON": sys.executable,
        # A server behind the floating address starts once the controller is ready.
        "STANDIN_FLOATING_S": str(PATIENCE_S),
        "STANDIN_STATE": str(job.folder),
    }


def serve_at_the_floating_address(cloud):
    """Start a web server behind the controller, in place of a server that a test boots."""
    server = cloud.add_server(CONTROLLER, f"{FLOATING}/24")
    http = inside(server, lambda: ThreadingHTTPServer((FLOATING, 8080), Page))
    threading.Thread(target=http.serve_forever, daemon=True).start()
    return http


def test_the_suite_has_its_cloud_and_nothing_is_left(site):
    """The suite uses the APIs, the image, a floating address and the second AZ, all by tunnel."""
    job, boskos = site
    artifacts = job.folder / "artifacts"
    process = subprocess.Popen(
        job.cloud.command(str(CHECKOUT / "scripts" / "ci-e2e.sh"), str(job.folder / "capo")),
        env=environment(job, boskos),
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    log = artifacts / "job.log"
    deadline = time.monotonic() + PATIENCE_S
    while not (log.exists() and "controller: ready" in log.read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            process.terminate()
            pytest.fail(process.communicate(timeout=PATIENCE_S)[0])
        time.sleep(0.2)
    http = serve_at_the_floating_address(job.cloud)
    output, _ = process.communicate(timeout=PATIENCE_S)
    http.shutdown()
    http.server_close()

    assert process.returncode == 0, output
    assert {"floating", "image", "second-az", "clouds"} <= passed_checks(output)
    assert job.cloud.api.inventory() == []
    assert [item.state for item in boskos.ranch.resources()] == ["dirty"]
    for role in ("controller", "worker"):
        assert "stack.sh completed" in (artifacts / role / "stack.sh.log").read_text(), role
    assert json.loads((artifacts / "tunnel" / "tunnel.json").read_text())["restarts"] == 0


def passed_checks(output):
    """Return the names of the suite's checks that passed."""
    lines = (line.split(": ") for line in output.splitlines() if line.startswith("suite: "))
    return {words[1] for words in lines if words[-1] == "passed"}
