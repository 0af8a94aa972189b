"""Schema: request bodies that the API's front end accepts."""

from typing import Any

import pytest

from localcloud.compute_api import discovery, schema
from localcloud.compute_api.errors import ApiError

SCHEMAS = discovery.load().schemas


def refusal(name: str, body: Any) -> str:
    with pytest.raises(ApiError) as caught:
        schema.check(SCHEMAS, name, body)
    assert caught.value.code == 400
    return caught.value.message


def test_unknown_field_is_refused_by_name() -> None:
    assert refusal("Network", {"mtuu": 1}) == (
        "Invalid JSON payload received. Unknown name \"mtuu\" at 'resource': Cannot find field."
    )


def test_unknown_field_deep_inside_is_refused_with_its_place() -> None:
    body = {"networkInterfaces": [{"accessConfigs": [{"natIp": "203.0.113.1"}]}]}
    assert "\"natIp\" at 'resource.network_interfaces[0].access_configs[0]'" in refusal(
        "Instance", body
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"name": ["x"]}, id="list for a string"),
        pytest.param({"name": True}, id="boolean for a string"),
        pytest.param({"mtu": "big"}, id="word for an integer"),
        pytest.param({"mtu": 1.5}, id="fraction for an integer"),
        pytest.param({"mtu": True}, id="boolean for an integer"),
        pytest.param({"autoCreateSubnetworks": "false"}, id="string for a boolean"),
        pytest.param({"routingConfig": []}, id="list for an object"),
        pytest.param({"subnetworks": "x"}, id="string for a list"),
        pytest.param([], id="list for the body"),
    ],
)
def test_wrong_json_type_is_refused(body: Any) -> None:
    assert "Invalid" in refusal("Network", body)


def test_null_counts_as_absent() -> None:
    """The provider sends null for unset fields."""
    assert schema.check(SCHEMAS, "Network", {"name": "a", "params": None}) == {"name": "a"}


def test_null_in_a_list_counts_as_absent() -> None:
    body = {"scheduling": {"nodeAffinities": [None]}}
    assert schema.check(SCHEMAS, "Instance", body) == {"scheduling": {"nodeAffinities": []}}


def test_integers_may_be_written_as_strings() -> None:
    assert schema.check(SCHEMAS, "Network", {"mtu": "1460"}) == {"mtu": 1460}


def test_64_bit_integers_become_strings() -> None:
    assert schema.check(SCHEMAS, "Disk", {"sizeGb": 500}) == {"sizeGb": "500"}


def test_word_for_a_64_bit_integer_is_refused() -> None:
    assert "'resource.size_gb' (TYPE_INT64), 'big'" in refusal("Disk", {"sizeGb": "big"})


def test_labels_take_any_key() -> None:
    assert schema.check(SCHEMAS, "Address", {"labels": {"k": "v"}}) == {"labels": {"k": "v"}}
