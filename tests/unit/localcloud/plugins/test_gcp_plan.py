"""Plan: Terraform's rules for detecting changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.plugins.gcp.plan import plan
from localcloud.plugins.gcp.schema import Field, boolean, integer, output, string
from localcloud.plugins.provider import Change
from localcloud.plugins.values import UNKNOWN

NESTED = (string("a"), boolean("b", default=True), string("c", computed=True))
FIELDS = (
    string("text"),
    string("fixed", force_new=True),
    string("api", computed=True),
    output("id"),
    integer("number", default=5),
    Field(name="map", kind="map"),
    Field(name="set", kind="set"),
    Field(name="list", kind="list"),
    Field(name="one", kind="object", fields=NESTED),
    Field(name="many", kind="objects", fields=NESTED),
    Field(name="bag", kind="object_set", fields=NESTED),
)
WORDS = st.text("abc", min_size=1, max_size=3)
PARTS = st.fixed_dictionaries({}, optional={"a": WORDS, "b": st.booleans(), "c": WORDS})
INPUTS = st.fixed_dictionaries(
    {},
    optional={
        "text": WORDS,
        "fixed": WORDS,
        "api": WORDS,
        "number": st.integers(1, 9),
        "map": st.dictionaries(WORDS, WORDS),
        "set": st.lists(WORDS, unique=True),
        "list": st.lists(WORDS),
        "one": PARTS.filter(bool),
        "many": st.lists(PARTS),
        "bag": st.lists(PARTS.filter(bool), unique_by=str),
    },
)


def settled(value):
    """Return the final state: values that were unknown are decided by the API."""
    if value is UNKNOWN:
        return "decided"
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items()}
    return [settled(item) for item in value] if isinstance(value, list) else value


@given(INPUTS)
def test_what_was_just_created_has_no_changes(inputs):
    """Neither the inputs nor fields that the API adds count as changes."""
    inputs.pop("bag", None)  # the API returns a set's members with more fields than the inputs have
    state = settled(plan(FIELDS, None, inputs).values)
    assert plan(FIELDS, state, inputs).changes == {}


@given(INPUTS, INPUTS)
def test_after_the_change_there_is_none(before, after):
    """The next plan finds the values that this plan wants."""
    before.pop("bag", None)
    after.pop("bag", None)
    state = settled(plan(FIELDS, None, before).values)
    changed = settled(plan(FIELDS, state, after).values)
    assert plan(FIELDS, changed, after).changes == {}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"text": ""}, {}, {}),
        ({"text": "a"}, {}, {"text": Change("delete")}),
        ({"fixed": "a"}, {"fixed": "b"}, {"fixed": Change("update", replace=True)}),
        ({"api": "a"}, {}, {}),
        ({"id": "a"}, {}, {}),
        ({"number": 7}, {}, {"number": Change("update")}),
        ({"number": 5}, {}, {}),
        ({"map": {"a-b": "1", "c": "1"}}, {"map": {"a-b": "2", "d": "1"}}, {
            'map["a-b"]': Change("update"), "map.c": Change("delete"), "map.d": Change("add"),
        }),
        ({"set": ["a", "b"]}, {"set": ["b", "a"]}, {}),
        ({"list": ["a", "b"]}, {"list": ["b", "a"]}, {
            "list[0]": Change("update"), "list[1]": Change("update"),
        }),
        ({"set": ["a", "b"]}, {"set": ["b"]}, {"set[0]": Change("delete")}),
        ({"one": {"a": "x", "b": True}}, {"one": {"a": "y"}}, {"one.a": Change("update")}),
        ({"one": {"a": "x", "b": False}}, {"one": {"a": "x"}}, {"one.b": Change("update")}),
        ({}, {"one": {"a": "x"}}, {"one": Change("add")}),
        ({"many": [{"a": "x"}]}, {"many": []}, {"many[0]": Change("delete")}),
        ({"many": [{"a": "x", "b": True}]}, {"many": [{"a": "x"}, {}]}, {"many[1]": Change("add")}),
        ({"bag": [{"a": "x"}, {"a": "y"}]}, {"bag": [{"a": "y"}, {"a": "X"}]}, {}),
        ({"text": "a"}, {"text": UNKNOWN}, {"text": Change("update")}),
        ({"set": ["a"]}, {"set": ["a", UNKNOWN]}, {"set[1]": Change("add")}),
    ],
)  # fmt: skip
def test_changes(old, new, changes):
    """An example for each rule."""
    assert plan(FIELDS, {"number": 5, **old}, new).changes == changes
