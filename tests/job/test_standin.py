"""The stand-in of CAPO: it detects the mistakes at which the real suite would fail."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from job.cloud import e2e_files
from stacks.clouds_yaml import clouds_yaml
from tests.patience import PATIENCE_S

STANDIN = Path(__file__).parent / "standin"
IMAGE = "gcr.io/k8s-staging-capi-openstack/capi-openstack-controller:e2e"
PREREQUISITES = ("e2e-image", "e2e-prerequisites", "build-e2e-tests")
_VARIABLES = {
    "OPENSTACK_CLOUD": "capo-e2e",
    "OPENSTACK_CLOUD_CACERT_B64": "Cg==",
    "OPENSTACK_DNS_NAMESERVERS": "8.8.8.8",
    "OPENSTACK_EXTERNAL_NETWORK_NAME": "public",
    "OPENSTACK_FAILURE_DOMAIN": "testaz1",
    "OPENSTACK_FAILURE_DOMAIN_ALT": "testaz2",
}


class _Cloud(BaseHTTPRequestHandler):
    """The controller's APIs, as the suite requests them. The pages are the server's attribute."""

    def do_GET(self):
        body = self.server.pages.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


def zones(*names):
    info = [{"zoneName": name, "zoneState": {"available": True}} for name in names]
    return json.dumps({"availabilityZoneInfo": info}).encode()


@pytest.fixture
def cloud():
    """A server with pages that a test may change; `url` is its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Cloud) as server:
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.pages = {
            "/identity": b'{"versions": {}}',
            "/floating": b"hello",
            "/zones": zones("testaz1", "testaz2"),
        }
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def environ(tmp_path, cloud):
    """The environment of the suite: CAPO's variables, and the URLs of the server."""
    (tmp_path / "state").mkdir()
    (tmp_path / "artifacts").mkdir()
    kept = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    return kept | {
        **_VARIABLES,
        "PATH": f"{STANDIN / 'tools'}:{os.environ['PATH']}",
        "ARTIFACTS": str(tmp_path / "artifacts"),
        "E2E_IMAGE_URL": f"{cloud.url}/image.tar",
        "STANDIN_PYTHON": sys.executable,
        "STANDIN_STATE": str(tmp_path / "state"),
        "STANDIN_FLOATING_URL": f"{cloud.url}/floating",
        "STANDIN_SECOND_AZ_URL": f"{cloud.url}/zones",
        "STANDIN_SECOND_AZ_S": "1",
    }


@pytest.fixture
def clouds(tmp_path, cloud):
    """A clouds.yaml as the job writes it, with the server as its identity API."""
    text = clouds_yaml("192.0.2.1", "hunter2").replace("192.0.2.1", cloud.url[len("http://") :])
    (tmp_path / "private").mkdir()
    path, _ = e2e_files.write({"clouds_yaml": text, "e2e_variables": {}}, tmp_path / "private")
    return path


@pytest.fixture
def make(tmp_path, environ, clouds):
    """Run make in a copy of the stand-in, with the job's arguments."""
    capo = tmp_path / "capo"
    shutil.copytree(STANDIN / "capo", capo)

    def run(*targets, **variables):
        return subprocess.run(
            ["make", "-C", capo, *targets, f"OPENSTACK_CLOUD_YAML_FILE={clouds}"],
            capture_output=True,
            check=False,
            env=environ | variables,
            text=True,
            timeout=PATIENCE_S,
        )

    return run


@pytest.fixture
def uploaded(make, environ, cloud, tmp_path):
    """Build, save and upload the image."""
    make(*PREREQUISITES)
    archive = tmp_path / "image.tar"
    subprocess.run(
        ["docker", "save", "-o", archive, IMAGE], check=True, env=environ, timeout=PATIENCE_S
    )
    cloud.pages["/image.tar"] = archive.read_bytes()


def failures(environ, name="e2e_suite"):
    """Return the failed tests and their messages from the suite's report."""
    path = Path(environ["ARTIFACTS"]) / f"junit.{name}.1.xml"
    root = ET.parse(path).getroot()  # noqa: S314 - the stand-in wrote it
    return {
        case.get("name"): case.find("failure").get("message")
        for case in root.iter("testcase")
        if case.find("failure") is not None
    }


@pytest.mark.usefixtures("uploaded")
def test_a_cloud_as_it_should_be_passes(make, environ):
    done = make("test-e2e")

    assert done.returncode == 0, done.stdout + done.stderr
    assert failures(environ) == {}
    assert "hunter2" not in done.stdout + done.stderr


def test_the_targets_come_in_the_order_of_capos_makefile(make, tmp_path):
    """As in CAPO, `test-e2e` runs its prerequisites again."""
    make(*PREREQUISITES)
    make("test-e2e", STANDIN_CHECKS="clouds")
    lines = (tmp_path / "state/targets.jsonl").read_text().splitlines()

    assert [json.loads(line)["target"] for line in lines] == [
        *PREREQUISITES,
        *PREREQUISITES[:2],
        "test-e2e",
    ]


@pytest.mark.usefixtures("uploaded")
@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        ("identity", {"/identity": None}),
        ("floating", {"/floating": None}),
        ("image", {"/image.tar": b"no archive"}),
        ("second-az", {"/zones": zones("testaz1")}),
    ],
)
def test_a_cloud_that_lacks_something_fails(make, cloud, environ, check, spoil):
    cloud.pages |= spoil

    assert make("test-e2e").returncode != 0
    assert list(failures(environ)) == [check]


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_clouds_yaml_that_others_can_read_fails(make, environ, clouds, mode):
    clouds.chmod(mode)

    assert make("test-e2e", STANDIN_CHECKS="clouds").returncode != 0
    assert "is not 0600" in failures(environ)["clouds"]


def test_a_clouds_yaml_among_the_artifacts_fails(make, clouds):
    done = make("test-e2e", STANDIN_CHECKS="clouds", ARTIFACTS=str(clouds.parent))

    assert done.returncode != 0
    assert "is among the artifacts" in done.stdout


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"OPENSTACK_FAILURE_DOMAIN_ALT": ""}, "not set: ['OPENSTACK_FAILURE_DOMAIN_ALT']"),
        ({"OS_CLOUD": "another"}, "set: ['OS_CLOUD']"),
        ({"PULUMI_CONFIG_PASSPHRASE": "p"}, "set: ['PULUMI_CONFIG_PASSPHRASE']"),
    ],
)
def test_an_environment_of_another_cloud_fails(make, environ, variables, complaint):
    assert make("test-e2e", STANDIN_CHECKS="environment", **variables).returncode != 0
    assert failures(environ)["environment"].endswith(complaint)


def test_conformance_needs_neither_second_az_nor_image(make, cloud, environ):
    cloud.pages["/zones"] = zones("testaz1")

    assert make("test-conformance-fast").returncode == 0
    assert failures(environ, "conformance_suite") == {}


@pytest.mark.parametrize("target", ["build-e2e-tests", "test-e2e"])
def test_a_target_fails_when_asked_to(make, target):
    """The targets before it still succeed."""
    done = make(target, STANDIN_FAIL=target, STANDIN_CHECKS="clouds")

    assert done.returncode != 0
    assert "suite: e2e-prerequisites succeeded" in done.stdout
    assert f"suite: {target} failed" in done.stdout


def test_an_image_that_was_not_built_cannot_be_saved(environ, tmp_path):
    done = subprocess.run(
        ["docker", "save", "-o", tmp_path / "image.tar", IMAGE],
        capture_output=True,
        check=False,
        env=environ,
        text=True,
        timeout=PATIENCE_S,
    )

    assert (done.returncode, (tmp_path / "image.tar").exists()) == (1, False)
    assert "reference does not exist" in done.stderr
