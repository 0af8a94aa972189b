"""The clouds on which the contract is checked: the double or, with CONTRACT_PROJECT, Google Cloud.

On Google Cloud the clients use the caller's own credentials, and every test deletes its resources.
"""

import itertools
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google.auth
import google.auth.credentials
import pytest
from google.oauth2.credentials import Credentials

from localcloud.compute_api.options import Options
from localcloud.compute_api.server import ComputeApi
from tests.contract.work import Work
from tests.patience import PATIENCE_S

REGION = "us-east4"
ZONE = "us-east4-a"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cloud:
    """A project for one test, its API, and a prefix that makes names unique."""

    project: str
    prefix: str
    credentials: google.auth.credentials.Credentials
    # None on Google Cloud.
    api: ComputeApi | None

    def client(self, kind: type[Any]) -> Any:
        """Make a google-cloud-compute client for this cloud."""
        if self.api is None:
            return kind(credentials=self.credentials)
        transport = kind.get_transport_class("rest")(
            host=f"127.0.0.1:{self.api.port}", url_scheme="http", credentials=self.credentials
        )
        return kind(transport=transport)


@pytest.fixture(scope="session")
def api() -> Iterator[ComputeApi | None]:
    """The double, shared by all tests in projects of their own; None on Google Cloud."""
    if os.environ.get("CONTRACT_PROJECT"):
        yield None
    else:
        with ComputeApi(Options(latency_s={"default": 0.05})) as started:
            yield started


@pytest.fixture
def cloud(api: ComputeApi | None) -> Cloud:
    """A project in which the test owns no resource yet."""
    prefix = f"contract-{uuid.uuid4().hex[:8]}"
    if api is None:
        credentials, _ = google.auth.default()
        return Cloud(os.environ["CONTRACT_PROJECT"], prefix, credentials, None)
    return Cloud(f"contract-{next(_numbers)}", prefix, Credentials("anything"), api)


@pytest.fixture
def work(cloud: Cloud) -> Iterator[Work]:
    """The resources that a test makes with Google's client library; deleted at its end."""
    made = Work(cloud)
    with made.stack:
        yield made


@dataclass(frozen=True)
class Gcloud:
    """The real gcloud, configured to use the double."""

    environment: dict[str, str]
    api: ComputeApi
    project: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `gcloud compute` and return the completed process."""
        command = ["gcloud", "compute", *arguments]
        return subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    def ok(self, *arguments: str) -> str:
        """Run `gcloud compute` and return its output; fail the test if it fails."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"gcloud compute {' '.join(arguments)}: {done.stderr}"
        return done.stdout


@pytest.fixture
def gcloud(tmp_path: Path) -> Iterator[Gcloud]:
    """gcloud with its own configuration folder, and a double for it alone."""
    if shutil.which("gcloud") is None:
        pytest.fail("gcloud is not on PATH; install it (Debian package google-cloud-cli)")
    token = tmp_path / "token"
    token.write_text("anything", encoding="utf-8")
    with ComputeApi(Options(latency_s={"default": 0.05})) as api:
        project = f"gcloud-{next(_numbers)}"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "CLOUDSDK_CONFIG": str(tmp_path / "config"),
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": api.url,
            "CLOUDSDK_CORE_PROJECT": project,
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
            "CLOUDSDK_CORE_CHECK_GCE_METADATA": "0",
            "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
            "CLOUDSDK_COMPUTE_REGION": REGION,
            "CLOUDSDK_COMPUTE_ZONE": ZONE,
        }
        yield Gcloud(environment, api, project)
