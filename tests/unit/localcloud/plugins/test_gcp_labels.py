"""Gcp: labels of the program, of the provider and of others."""

import pytest

from localcloud.plugins.values import UNKNOWN, Secret
from tests.unit.localcloud.plugins.gcp_plugin import ADDRESS, INSTANCE


def test_labels_that_the_provider_adds_are_secret_and_apart(gcp):
    """As in the real plugin: a label may come from a secret input."""
    made = gcp.make(ADDRESS)
    everything = {"stack": "ci", "goog-pulumi-provisioned": "true"}
    assert made.state["labels"] == {"stack": "ci"}
    assert made.raw_state["pulumiLabels"] == Secret(everything)
    assert made.raw_state["effectiveLabels"] == Secret(everything)


@pytest.mark.parametrize("kind", [ADDRESS, INSTANCE])
def test_labels_change_in_place_and_those_of_others_stay(gcp, kind):
    """Others may label our resources; an update changes only our labels."""
    made = gcp.make(kind)
    gcp.api.add_labels(gcp.path(made), {"owner": "somebody"})
    found = gcp.refresh(made)
    assert found.state["labels"] == {"stack": "ci"}
    assert found.state["effectiveLabels"]["owner"] == "somebody"
    assert gcp.changes(found) == {}
    assert gcp.changes(found, labels={"job": "7"}).keys() == {
        "labels.stack",
        "labels.job",
        "pulumiLabels.stack",
        "pulumiLabels.job",
        "effectiveLabels.stack",
        "effectiveLabels.job",
    }
    changed = gcp.update(found, labels={"job": "7"})
    assert changed.state["effectiveLabels"] == {
        "owner": "somebody",
        "job": "7",
        "goog-pulumi-provisioned": "true",
    }


def test_a_label_of_ours_that_somebody_changed_is_put_back(gcp):
    """A refresh notices it, and the next update restores it."""
    made = gcp.make(ADDRESS)
    gcp.api.add_labels(gcp.path(made), {"stack": "theirs"})
    found = gcp.refresh(made)
    assert found.state["labels"] == {"stack": "theirs"}
    assert gcp.changes(found, labels={"stack": "ci"})["labels.stack"] == ("update", False)
    assert gcp.update(found, labels={"stack": "ci"}).state["effectiveLabels"]["stack"] == "ci"


def test_labels_not_known_yet_make_all_unknown(gcp):
    """Adding the provider's own labels does not make them known."""
    inputs = {"name": "ip", "region": "us-east4", "labels": {"stack": UNKNOWN}}
    previewed = gcp.preview(ADDRESS, inputs)
    assert previewed["labels"] == {"stack": UNKNOWN}
    assert (previewed["pulumiLabels"], previewed["effectiveLabels"]) == (UNKNOWN, UNKNOWN)


def test_what_had_no_attribution_gets_none(gcp):
    """It is added only on creation, so that an upgrade changes nothing."""
    gcp.configure(addPulumiAttributionLabel=False)
    made = gcp.make(ADDRESS)
    gcp.configure()
    assert gcp.changes(made) == {}
    gcp.configure(pulumiAttributionLabelAdditionStrategy="PROACTIVE")
    assert gcp.changes(made).keys() == {
        'pulumiLabels["goog-pulumi-provisioned"]',
        'effectiveLabels["goog-pulumi-provisioned"]',
    }
