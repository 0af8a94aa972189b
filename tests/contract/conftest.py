"""Where the contract is checked: on the double, or, with CONTRACT_PROJECT set, on Google Cloud.

On Google Cloud the clients use the caller's own credentials, and every test cleans up what it made.
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
    """A project to work in, how to reach its API, and names that nobody else uses."""

    project: str
    prefix: str
    credentials: google.auth.credentials.Credentials
    # None on Google Cloud.
    api: ComputeApi | None

    def client(self, kind: type[Any]) -> Any:
        """Make a client of google-cloud-compute for this cloud."""
        if self.api is None:
            return kind(credentials=self.credentials)
        transport = kind.get_transport_class("rest")(
            host=f"127.0.0.1:{self.api.port}", url_scheme="http", credentials=self.credentials
        )
        return kind(transport=transport)


@pytest.fixture(scope="session")
def api() -> Iterator[ComputeApi | None]:
    """The double, once for all tests; each has a project of its own."""
    if os.environ.get("CONTRACT_PROJECT"):
        yield None
    else:
        with ComputeApi(Options(latency_s={"default": 0.05})) as started:
            yield started


@pytest.fixture
def cloud(api: ComputeApi | None) -> Cloud:
    """A project without anything of ours in it."""
    prefix = f"contract-{uuid.uuid4().hex[:8]}"
    if api is None:
        credentials, _ = google.auth.default()
        return Cloud(os.environ["CONTRACT_PROJECT"], prefix, credentials, None)
    return Cloud(f"contract-{next(_numbers)}", prefix, Credentials("anything"), api)


@pytest.fixture
def work(cloud: Cloud) -> Iterator[Work]:
    """What the test makes there by Google's client library."""
    made = Work(cloud)
    with made.stack:
        yield made


@dataclass(frozen=True)
class Gcloud:
    """The real gcloud, pointed at the double."""

    environment: dict[str, str]
    api: ComputeApi
    project: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `gcloud compute` and give what it said and how it ended."""
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
        """Run `gcloud compute`, which must succeed; give its standard output."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"gcloud compute {' '.join(arguments)}: {done.stderr}"
        return done.stdout


@pytest.fixture
def gcloud(tmp_path: Path) -> Iterator[Gcloud]:
    """gcloud with a configuration of its own, and a double of its own."""
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
