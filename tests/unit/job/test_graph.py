"""Graph: components contain, dependencies point, and what follows is left out."""

import pytest

from host.errors import JobError, RefusedError
from job.graph import draw, put_into

URN = "urn:pulumi:ci::devstack::{}::{}".format


def resource(kind, name, *dependencies, parent=""):
    return {
        "urn": URN(kind, name),
        "type": kind,
        "dependencies": list(dependencies),
        "parent": parent,
    }


NETWORK = resource("gcp:compute/network:Network", "net", parent=URN("devstack:gcp:Network", "n"))
SUBNETWORK = resource("gcp:compute/subnetwork:Subnetwork", "sub", NETWORK["urn"])
STATE = {
    "resources": [
        resource("pulumi:pulumi:Stack", "devstack-ci"),
        resource("pulumi:providers:gcp", "default"),
        resource("devstack:gcp:Network", "n"),
        NETWORK,
        SUBNETWORK,
        # It depends on both, but the one follows from the other.
        resource("gcp:compute/instance:Instance", "vm", NETWORK["urn"], SUBNETWORK["urn"]),
        resource("gcp:compute/instance:Instance", "old") | {"delete": True},
    ]
}


def test_mermaid_has_components_around_and_arrows_between():
    assert draw(STATE, "mermaid").splitlines() == [
        "flowchart LR",
        '  subgraph n0["n: Network"]',
        '    n1["net: Network"]',
        "  end",
        '  n2["sub: Subnetwork"]',
        '  n3["vm: Instance"]',
        "  n1 --> n2",
        "  n2 --> n3",
    ]


def test_dot_says_the_same():
    lines = [line.strip() for line in draw(STATE, "dot").splitlines()]

    assert 'subgraph cluster_n0 { label="n: Network";' in lines
    assert [line for line in lines if "->" in line] == ["n1 -> n2;", "n2 -> n3;"]
    assert lines[-1] == "}"


def test_an_empty_stack_has_no_picture():
    with pytest.raises(JobError, match="no resources; run 'up' first"):
        draw({"resources": []}, "mermaid")


def test_a_document_keeps_all_but_the_picture(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("before\n<!-- graph -->\nold\n<!-- end of graph -->\nafter\n")
    put_into(path, "flowchart LR\n")
    put_into(path, "flowchart LR\n")

    assert path.read_text() == (
        "before\n<!-- graph -->\n\n```mermaid\nflowchart LR\n```\n\n<!-- end of graph -->\nafter\n"
    )


def test_a_document_without_marks_is_refused_and_kept(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("text\n")

    with pytest.raises(RefusedError, match="has no <!-- graph -->"):
        put_into(path, "flowchart LR\n")
    assert path.read_text() == "text\n"
