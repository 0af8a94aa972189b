"""Readiness: a bounded wait over ssh, with the host key that the stack gave the node."""

import pytest
from pulumi_gcp import compute

from stacks.readiness import Readiness, ReadinessArgs


@pytest.fixture
def command(run_program):
    def run(role):
        def program():
            args = ReadinessArgs(
                role=role,
                host="203.0.113.10",
                user="cloud",
                private_key="private",
                host_key="ssh-ed25519 AAAA",
                timeout_s=5400,
                instance_id="17",
                ssh_rule=compute.Firewall("ssh", network="vpc"),
            )
            Readiness("ready", args)

        return run_program(program).named("ready", "remote")

    return run


def test_the_nodes_own_command_is_asked(command):
    assert command("controller")["create"] == (
        "sudo /usr/local/sbin/devstack-status wait --for node --timeout 5400"
    )


def test_the_controller_answers_for_the_worker(command):
    """The job cannot reach the worker directly."""
    assert "--for worker" in command("worker")["create"]


def test_the_host_key_is_pinned(command):
    assert command("controller")["connection"]["hostKey"] == "ssh-ed25519 AAAA"


def test_dialling_is_bounded(command):
    connection = command("controller")["connection"]

    assert (connection["dialErrorLimit"], connection["perDialTimeout"]) == (60, 15)


def test_a_new_instance_is_waited_for_again(command):
    assert command("controller")["triggers"] == ["17"]
