"""Keeping: a stack that is kept for inspection survives cleanup until its time expires."""

import time

import pytest

from host.errors import JobError
from job.cloud.cleanup import keeping, removal, search
from job.cloud.cleanup.marks import Scope
from localcloud.compute_api.faults import Fault

CI = Scope(cluster="capo-e2e", stack="ci", by_name=True)


def test_a_kept_stack_stays_until_its_time_is_over(api, build, left, monkeypatch):
    made = build()
    now = time.time()
    keeping.keep(api, CI, now + 60)
    removal.sweep(api, CI)
    assert left() == set(made)

    monkeypatch.setattr(removal.time, "time", lambda: now + 61)
    removal.sweep(api, CI)
    assert left() == set()


def test_what_has_no_labels_is_kept_with_the_instance(api, build):
    build()
    build("other", cidr="10.0.4.0/24")
    keeping.keep(api, CI, 4102444800)

    until = {each.kept_until for each in search.leftovers(api, CI)}
    others = search.leftovers(api, Scope(cluster="capo-e2e", stack="other"))
    assert until == {4102444800}
    assert {each.kept_until for each in others} == {0}


def test_a_kept_stack_goes_when_somebody_insists(api, build, left):
    build()
    keeping.keep(api, CI, time.time() + 60)
    removal.sweep(api, CI, even_kept=True)

    assert left() == set()


def test_keeping_leaves_the_other_labels_alone(api, build, double):
    instance, *_ = build()
    double.add_labels(instance, {"somebody": "else"})
    keeping.keep(api, CI, 4102444800)

    assert double.resource(instance)["labels"] == {
        "devstack-cluster": "capo-e2e",
        "devstack-stack": "ci",
        "devstack-expires": "4102444800",
        "somebody": "else",
    }


def test_a_label_that_changed_meanwhile_is_read_again(api, build, double):
    instance, *_ = build()
    double.add_fault(
        Fault(method="instances.setLabels", kind="error", status=412, reason="conditionNotMet")
    )
    keeping.keep(api, CI, 4102444800)

    assert double.resource(instance)["labels"]["devstack-expires"] == "4102444800"


def test_an_expiry_that_is_no_time_keeps_the_stack(api, build, double, left):
    """A person who labels it `never` does not mean `now`."""
    instance, *_ = made = build()
    double.add_labels(instance, {"devstack-expires": "never"})
    removal.sweep(api, CI)

    assert left() == set(made)


def test_without_an_instance_there_is_nothing_to_keep(api, create):
    create("networks", {"name": "capo-e2e-ci", "autoCreateSubnetworks": False})

    with pytest.raises(JobError, match="stack ci has no instance"):
        keeping.keep(api, CI, time.time() + 60)
