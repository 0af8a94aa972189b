"""Secrets: created once, stable for the life of the stack, and readable nowhere else."""

import json
import re
import shutil
import subprocess
from contextlib import closing
from dataclasses import replace

import pytest
import yaml

from host.ending import Ending
from job import commands
from job.cloud.engine import state
from job.redaction.known import SECRETS
from tests.patience import PATIENCE_S


def secrets_of(cloud):
    """Return texts that must be readable only with the stack's passphrase."""
    outputs = cloud.outputs()
    clouds = yaml.safe_load(outputs["clouds_yaml"])["clouds"]
    # The first line of the body is equal in all keys of this type.
    key_lines = outputs["ssh_private_key"].splitlines()[2:-1]
    return {clouds["capo-e2e"]["auth"]["password"], *key_lines}


def test_no_secret_is_in_state_events_or_log(running):
    """The job uploads all of these to a public bucket."""
    cloud, up = running
    texts = {
        "state": json.dumps(cloud.state()),
        "events": json.dumps(up.events),
        "output": up.out + up.err,
        "files": "".join(
            path.read_text(errors="replace")
            for path in cloud.staged.rglob("*")
            if path.is_file() and path.name != "passphrase"
        ),
    }
    found = {where for where, text in texts.items() for s in secrets_of(cloud) if s in text}

    assert found == set()


def test_the_passphrase_is_readable_for_its_owner_only(running):
    cloud, _ = running

    assert (cloud.staged / "passphrase").stat().st_mode & 0o777 == 0o600


def test_a_changed_generator_changes_no_credentials(standing, tmp_path):
    """Existing nodes hold the old credentials, so another checkout must not generate new ones."""
    before = secrets_of(standing)
    changed = tmp_path / "checkout"
    shutil.copytree(
        standing.checkout,
        changed,
        ignore=shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis"),
    )
    generator = changed / "stacks" / "generate_credentials.py"
    generator.write_text(generator.read_text() + "\n# changed\n")
    standing.checkout = changed

    assert standing.job("up").changes() == {}
    assert secrets_of(standing) == before


def test_each_stack_has_credentials_of_its_own(running, cloud):
    cloud.job("up", worker=False)

    assert not secrets_of(cloud) & secrets_of(running[0])


def test_known_hosts_is_what_ssh_reads(running, tmp_path):
    """ssh-keygen finds the controller's host key by its external address."""
    cloud, _ = running
    outputs = cloud.outputs()
    path = tmp_path / "known_hosts"
    path.write_text(outputs["known_hosts"])
    found = subprocess.run(
        ["ssh-keygen", "-F", outputs["controller_public_ip"], "-f", str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert "ssh-ed25519" in found.stdout


@pytest.fixture
def pulumi_of():
    """Connect the job's engine to a stack in this process, with no secrets learnt yet."""
    with closing(Ending()) as ending:

        def connect(cloud, **config):
            cloud.command("up", **config)
            settings = cloud.folder / f"{cloud.stack}.yaml"
            pulumi = commands.connect(cloud.stack, cloud.variables(), settings, ending)
            SECRETS.forget()
            return pulumi

        yield connect
    SECRETS.forget()


def test_the_job_learns_every_secret_that_a_node_was_given(running, pulumi_of):
    """Passwords that are in no output, and the host keys of both nodes."""
    cloud, _ = running
    state.learn_secrets(pulumi_of(cloud))
    for role in ("controller", "worker"):
        path = f"projects/{cloud.project}/zones/us-east4-a/instances/capo-e2e-test-{role}"
        [item] = cloud.api.resource(path)["metadata"]["items"]
        document = yaml.safe_load(item["value"])
        passwords = set(re.findall(r"_PASSWORD=(\w+)", item["value"]))
        [key] = [value for name, value in document["ssh_keys"].items() if "private" in name]
        lines = key.splitlines()[1:-1]

        assert len(passwords) == 4
        assert {SECRETS.mask_known(secret) for secret in (*passwords, *lines)} == {"***"}
        # Text that is not secret stays readable.
        assert SECRETS.mask_known("#cloud-config") == "#cloud-config"


def test_the_job_learns_an_encrypted_setting(cloud, pulumi_of):
    """Only the engine can decrypt it, to pass it to the provider."""
    canary = "canary-of-an-encrypted-setting"
    cloud.job("preview")
    pulumi = pulumi_of(cloud)
    pulumi.ask("config set", "--secret", "gcp:accessToken", canary, "--stack", cloud.stack)
    staged = yaml.safe_load(pulumi.stack.settings_path.read_text())
    encrypted = staged["config"]["gcp:accessToken"]
    cloud.access_token = encrypted
    state.learn_settings(pulumi_of(cloud))

    assert encrypted["secure"] != canary
    assert SECRETS.mask_known(canary) == "***"


def test_a_state_that_does_not_answer_is_gone_without(running, pulumi_of):
    cloud, _ = running
    pulumi = pulumi_of(cloud)
    without = {**pulumi.stack.environment, "PULUMI_CONFIG_PASSPHRASE": "another"}
    without.pop("PULUMI_CONFIG_PASSPHRASE_FILE")
    state.learn_secrets(replace(pulumi, stack=replace(pulumi.stack, environment=without)))

    assert SECRETS.mask_known("anything") == "anything"
