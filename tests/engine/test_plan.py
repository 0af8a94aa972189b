"""The plan: exactly the expected resources, and no dependency between the nodes."""

from pathlib import Path

import pytest
import yaml

PLANS = Path(__file__).parent / "plans"
INSTANCE = "gcp:compute/instance:Instance"


@pytest.mark.parametrize(
    ("plan", "config"),
    [
        ("default", {}),
        (
            "everything",
            {
                "release": "2025.1",
                "workerExternalIp": True,
                "spot": True,
                "labels": ["pr=17"],
                "waitFor": "all",
                **{
                    f"{group}SourceRanges": ["192.0.2.0/24"]
                    for group in ("ssh", "http", "icmp", "neutron")
                },
            },
        ),
        ("no-worker", {"worker": False}),
        ("existing-network", {"existingNetwork": "vpc", "existingSubnetwork": "nodes"}),
    ],
)
def test_a_configuration_plans_exactly_these_resources(cloud, request, plan, config):
    """Unlisted resources and changed inputs fail; `make plans` rewrites the expected plans."""
    cloud.project = "capo"
    planned = {}
    for event in cloud.job("preview", **config).events_of("resourcePre"):
        metadata = event["resourcePreEvent"]["metadata"]
        if metadata["type"].startswith(("gcp:", "command:")):
            name = metadata["urn"].rpartition("::")[2]
            planned[name] = {"type": metadata["type"], "inputs": shown(metadata["new"]["inputs"])}
    path = PLANS / f"{plan}.yaml"
    if request.config.getoption("--write-plans"):
        path.write_text(yaml.safe_dump(planned))

    assert planned == yaml.safe_load(path.read_text())


def shown(inputs):
    """Return the inputs without those that are long and tested elsewhere."""
    return {key: value for key, value in inputs.items() if key not in {"stdin", "__defaults"}}


def test_no_path_leads_from_one_node_to_the_other(running):
    """The engine orders resources by dependencies and parents only; the state lists both."""
    cloud, _ = running
    resources = {resource["urn"]: resource for resource in cloud.state()}
    nodes = {urn.rpartition("::")[2]: urn for urn, r in resources.items() if r["type"] == INSTANCE}

    def reached(urn):
        seen, ahead = set(), [urn]
        while ahead:
            resource = resources[ahead.pop()]
            for needed in [*resource.get("dependencies", []), resource.get("parent")]:
                if needed and needed not in seen:
                    seen.add(needed)
                    ahead.append(needed)
        return seen

    assert nodes["controller"] not in reached(nodes["worker"])
    assert nodes["worker"] not in reached(nodes["controller"])


def test_both_nodes_are_created_at_once(running):
    """In the engine's event stream, each creation starts before the other one ends."""
    _, up = running
    times = {}
    for kind in ("resourcePre", "resOutputs"):
        for position, event in enumerate(up.events):
            metadata = event.get(f"{kind}Event", {}).get("metadata", {})
            if metadata.get("type") == INSTANCE:
                times[metadata["urn"].rpartition("::")[2], kind] = position

    assert times["controller", "resourcePre"] < times["worker", "resOutputs"]
    assert times["worker", "resourcePre"] < times["controller", "resOutputs"]


def test_both_creations_overlap_in_the_api(running):
    cloud, _ = running
    one, other = cloud.operations("instances.insert")

    assert max(one["inserted"], other["inserted"]) < min(one["ends"], other["ends"])
