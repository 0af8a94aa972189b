"""Inputs: the running stack's configuration is read whole, and refused without a traceback."""

import json

import pulumi
import pytest

from stacks import inputs


def test_load_reads_the_running_stack(monkeypatch, run_program):
    """Keys of other namespaces are the providers' own."""
    keys = {"devstack:mtu": "1500", "gcp:project": "p", "gcp:zone": "z"}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(keys))
    loaded = []
    run_program(lambda: loaded.append(inputs.load()))

    [made] = loaded
    assert (made.mtu, made.project, made.owner) == (1500, "p", ("capo-e2e", "test"))


def test_load_refuses_unknown_keys(monkeypatch, run_program):
    """A key misspelt would be a setting silently left at its default."""
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"devstack:mtuu": "1", "gcp:project": "p"}))

    with pytest.raises(pulumi.RunError, match=r"devstack:mtuu: unknown key; did you mean 'mtu'\?"):
        run_program(inputs.load)
