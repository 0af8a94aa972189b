"""Values: secrets and unknowns survive the protocol at any depth."""

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from localcloud.plugins.values import (
    UNKNOWN,
    Secret,
    UnsupportedValueError,
    from_struct,
    has_unknown,
    public,
    to_struct,
)

SIGNATURE = "4dabf18193072939515e22adb298388d"
LEAVES = st.one_of(
    st.booleans(), st.integers(-(2**53), 2**53), st.text(), st.just(UNKNOWN), st.none()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(st.text(), inner.filter(lambda v: v is not None)),
        inner.map(Secret),
    ),
)


@given(VALUES.filter(lambda value: value is not None))
def test_values_come_back_as_they_went(value):
    """Encoding and decoding are inverses, except for null properties."""
    assert from_struct(to_struct({"key": value})) == {"key": value}


def test_null_properties_are_left_out():
    """The real plugins treat null and absent properties alike."""
    assert from_struct(to_struct({"gone": None, "here": 1})) == {"here": 1}


def test_whole_numbers_are_ints():
    """The API would refuse a disk of 500.0 GB."""
    read = from_struct(to_struct({"size": 500, "share": 0.5}))
    assert [type(read["size"]), type(read["share"])] == [int, float]


@pytest.mark.parametrize(
    "mark", ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2"]
)
def test_every_mark_of_the_engine_for_unknown_is_understood(mark):
    """The engine has one marker for each type."""
    assert from_struct(to_struct({"key": mark})) == {"key": UNKNOWN}


def test_an_output_value_is_read_as_its_value():
    """Engines may send them even to providers that do not support them."""
    struct = Struct()
    struct["key"] = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": "v", "secret": True}
    assert from_struct(struct) == {"key": Secret("v")}


def test_assets_are_refused():
    """No resource here takes one, and ignoring it would hide a mistake."""
    struct = Struct()
    struct["key"] = {SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "path": "/etc/passwd"}
    with pytest.raises(UnsupportedValueError):
        from_struct(struct)


def test_a_secret_does_not_show_itself():
    """Tracebacks and logs show the repr of values."""
    assert "hunter2" not in repr({"password": Secret("hunter2")})


def test_public_and_has_unknown_look_inside():
    """Both look into secrets, lists and maps."""
    value = {"a": [Secret({"b": UNKNOWN})], "c": 1}
    assert public(value) == {"a": [{"b": UNKNOWN}], "c": 1}
    assert has_unknown(value)
    assert not has_unknown({"a": [Secret("b")]})
