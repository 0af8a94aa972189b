"""Links: resource names and references to resources."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.compute_api import links
from localcloud.compute_api.errors import ApiError

NAME = st.from_regex(r"\A[a-z]([-a-z0-9]{0,61}[a-z0-9])?\Z")
PATH = "projects/p/global/networks/n"


@given(NAME)
def test_rfc_1035_label_is_a_name(name):
    assert links.check_name(name) == name


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text):
    ok = bool(re.fullmatch(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", text))
    try:
        links.check_name(text)
    except ApiError:
        assert not ok
    else:
        assert ok


@pytest.mark.parametrize(
    "reference",
    [
        PATH,
        "global/networks/n",
        f"https://www.googleapis.com/compute/v1/{PATH}",
        f"https://compute.googleapis.com/compute/v1/{PATH}",
        f"https://www.googleapis.com/compute/beta/{PATH}",
        f"http://127.0.0.1:8080/compute/v1/{PATH}",
    ],
)
def test_reference_may_be_written_in_every_way_that_clients_use(reference):
    assert links.resolve(reference, "resource.network", "p", "networks") == PATH


@pytest.mark.parametrize("reference", ["n", "networks/n", "projects/p/global/firewalls/n", ""])
def test_malformed_reference_is_refused_as_the_service_does(reference):
    with pytest.raises(ApiError, match="The URL is malformed"):
        links.resolve(reference, "resource.network", "p", "networks")
