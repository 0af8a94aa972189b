"""Spoilt: hypothesis strategies for invalid contents of files and answers."""

import json

from hypothesis import strategies as st

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
NO_OBJECT = LEAVES | st.lists(ANY_JSON, max_size=3)


def odd(document: dict[str, object]) -> st.SearchStrategy[bytes]:
    """The document with some values missing or of any other type."""
    changed = st.dictionaries(st.sampled_from(sorted(document)), ANY_JSON, min_size=1)
    dropped = st.sampled_from(sorted(document)).map(
        lambda key: {name: value for name, value in document.items() if name != key}
    )
    return (changed.map(lambda values: {**document, **values}) | dropped).map(
        lambda found: json.dumps(found).encode()
    )


def unusable(document: dict[str, object]) -> st.SearchStrategy[bytes]:
    """Anything but an object with the document's keys: empty, cut off, binary, or other JSON."""
    whole = json.dumps(document)
    cut_off = st.integers(0, len(whole) - 1).map(lambda length: whole[:length].encode())
    binary = st.binary(max_size=20).map(lambda found: b"\xff\0" + found)
    other = NO_OBJECT.map(lambda found: json.dumps(found).encode())
    return st.sampled_from([b"", b" \n", b"{}", b"[" * 100_000]) | cut_off | binary | other
