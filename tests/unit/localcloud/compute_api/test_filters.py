"""Filters: which items match a filter= expression."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.compute_api import filters
from localcloud.compute_api.errors import ApiError

ITEM = {
    "name": "ci-controller",
    "status": "RUNNING",
    "labels": {"stack": "ci"},
    "canIpForward": True,
    "tags": {"items": ["node", "controller"]},
    "networkInterfaces": [{"networkIP": "10.0.3.15"}],
}

NAME = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "name=ci-controller",
        'name = "ci-controller"',
        "name eq ci-controller",
        'name eq ".*\\bcontroller\\b.*"',
        "labels.stack=ci",
        "canIpForward=true",
        "labels.stack:ci",
        "name:ci",
        'name : "-control"',
        "labels.stack:*",
    ],
)
def test_expression_lets_the_item_through(expression: str) -> None:
    assert filters.parse(expression)(ITEM)


@pytest.mark.parametrize(
    "expression",
    [
        *("name=ci", "name eq ci", "labels.stack=c", "labels.owner=ci", 'labels.owner eq ".*"'),
        *("labels.stack:x", "labels.owner:*", 'name:".*"'),
    ],
)
def test_expression_holds_the_item_back(expression: str) -> None:
    assert not filters.parse(expression)(ITEM)


@pytest.mark.parametrize(
    "expression",
    [
        *("name", "name=", "=x", "(name=x", '"a"=b', "name ~ x y", "name=x name=y"),
        *("name ne worker", "name!=worker", "name=*", "name:c*", "diskSizeGb>=500"),
        *("labels.stack=ci AND status=RUNNING", "NOT status=RUNNING", "(name eq x)(name eq y)"),
    ],
)
def test_what_the_double_does_not_understand_is_refused(expression: str) -> None:
    """Ignoring an unsupported filter would list every item."""
    with pytest.raises(ApiError, match=r"list filter .* is not implemented"):
        filters.parse(expression)


@pytest.mark.parametrize("field", ["tags.items", "networkInterfaces.networkIP"])
def test_a_field_of_a_list_is_refused(field: str) -> None:
    with pytest.raises(ApiError, match="A list filter by"):
        filters.parse(f"{field}=node")(ITEM)


def test_malformed_regular_expression_is_refused() -> None:
    with pytest.raises(ApiError, match="Invalid list filter expression"):
        filters.parse('name eq "["')


@given(wanted=NAME, other=NAME)
def test_equality_holds_for_equal_names_only(wanted: str, other: str) -> None:
    assert filters.parse(f"name={wanted}")({"name": other}) == (wanted == other)


@given(name=NAME, value=NAME)
def test_eq_is_a_regular_expression_over_the_whole_value(name: str, value: str) -> None:
    assert filters.parse(f'name eq "{re.escape(name)}.*"')({"name": value}) == value.startswith(
        name
    )


@given(st.text(max_size=30))
def test_any_text_is_either_a_filter_or_refused(text: str) -> None:
    """No expression crashes the double."""
    with contextlib.suppress(ApiError):
        filters.parse(text)({"name": "a", "labels": {"b": "c"}})
