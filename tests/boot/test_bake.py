"""Bake: a stack whose nodes start from images of nodes of another one, on machines that boot."""

import json
import re

import pytest
import yaml

from localcloud.machines.booted_cloud import BootedCloud
from stacks.naming import ROLES
from tests.boot.booted_job import STACK, BootedJob

SHOW_EVENTS = "sudo cat /var/lib/devstack-node/events.jsonl"


@pytest.fixture
def booted_job(tree, tmp_path):
    """A job without a stack yet, on a cloud of its own whose instances boot."""
    with BootedCloud(tree) as cloud:
        yield BootedJob(cloud, tmp_path)


@pytest.fixture
def secrets(booted_job):
    """The secrets in the user data of each instance that boots, in order."""
    found = []

    def learn(instance):
        document = yaml.safe_load(instance.metadata["user-data"])
        texts = [str(file["content"]) for file in document["write_files"]]
        passwords = {word for text in texts for word in re.findall(r"_PASSWORD=(\w+)", text)}
        [key] = [key for name, key in document["ssh_keys"].items() if "private" in name]
        found.append({*passwords, key.splitlines()[-2]})

    booted_job.cloud.api.on_instance_running(learn)
    return found


def test_a_stack_starts_from_what_was_baked(booted_job, secrets):
    """The bake leaves images alone; the stack has secrets of its own and runs no stack.sh."""
    booted_job.job("bake")
    left = {entry["path"].split("/")[-2] for entry in booted_job.cloud.api.inventory()}
    baked = set().union(*secrets)
    secrets.clear()
    booted_job.job("up")
    outputs = json.loads(booted_job.job("outputs", "--show-secrets"))

    assert left == {"images"}
    assert sorted(outputs["baked_images"]) == sorted(ROLES)
    booted_job.job("e2e-files", "--dir", str(booted_job.folder))
    with booted_job.tunnel():
        user = outputs["ssh_user"]
        for role, address in (
            ("controller", outputs["controller_public_ip"]),
            ("worker", outputs["worker_private_ip"]),
        ):
            events = booted_job.ssh(f"{user}@{address}", SHOW_EVENTS).decode()
            stages = [json.loads(line)["stage"] for line in events.splitlines()]
            assert "stack.sh" not in stages, role
            assert any(stage.startswith("unseal: ") for stage in stages), role
    assert baked.isdisjoint(set().union(*secrets))
    for role in ROLES:
        machine = booted_job.cloud.nodes.machine(f"capo-e2e-{STACK}-{role}")
        assert files_with(machine.root, baked) == [], role
    booted_job.job("down")


def files_with(root, secrets):
    """Return the files below a root folder that hold one of the secrets."""
    needles = [secret.encode() for secret in secrets]
    found = []
    for top in ("etc", "home", "opt", "root", "usr/local", "var"):
        for path in (root / top).rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                if any(needle in content for needle in needles):
                    found.append(str(path.relative_to(root)))
    return found
