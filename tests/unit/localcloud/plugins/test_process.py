"""Process: plugins start fast, identify themselves, and end with their engine."""

import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from tests.unit.localcloud.plugins.plugin_process import failure

MODULES = ["localcloud.plugins.gcp", "localcloud.plugins.command"]


@pytest.mark.parametrize("module", MODULES)
def test_only_what_is_needed_is_imported(module):
    """The SDKs and Google's larger library take seconds; ssh is imported only when it is needed."""
    slow = ["pulumi.automation", "pulumi_gcp", "pulumi_command", "google.cloud.compute", "asyncssh"]
    code = f"import sys, {module}.__main__; print([m for m in {slow} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_a_plugin_ends_when_its_engine_is_gone():
    """A killed engine cannot tell its plugins to end."""
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'localcloud.plugins.command'],"
        " stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)\n"
        "child.stdout.readline()\n"
        "print(child.pid)"
    )
    engine = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    deadline = time.monotonic() + 60
    while _lives(int(engine.stdout)):
        assert time.monotonic() < deadline, "the plugin outlived its engine"
        time.sleep(0.1)


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_version_is_the_sdks(command, gcp_process):
    """The program requests this version from the engine."""
    assert command.stub.GetPluginInfo(Empty()).version == version("pulumi-command")
    assert gcp_process.stub.GetPluginInfo(Empty()).version == version("pulumi-gcp")


def test_configuration_says_who_keeps_secrets(command, gcp_process):
    """The command plugin keeps them itself; for gcp the engine does."""
    assert _configured(command).acceptSecrets
    assert not _configured(gcp_process, computeCustomEndpoint="http://127.0.0.1:1/").acceptSecrets


def _configured(plugin, **settings):
    response = plugin.configure(accessToken="t", project="p", **settings)
    assert response.supportsPreview
    return response


def test_invokes_are_refused(gcp_process):
    """The program makes no lookups."""
    with pytest.raises(grpc.RpcError) as raised:
        gcp_process.stub.Invoke(provider_pb2.InvokeRequest(tok="gcp:compute/getImage:getImage"))
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert failure(raised) == "Method not implemented!"
