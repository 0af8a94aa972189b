"""Quote: texts in the format of Go's %q."""

import pytest

from localcloud.plugins.quote import go_quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("exit 3", '"exit 3"'),
        ('echo "a\\b"\n', '"echo \\"a\\\\b\\"\\n"'),
        ("\a\x00\x7f", '"\\a\\x00\\x7f"'),
        ("é\u200b", '"é\\u200b"'),
    ],
)
def test_quoting_is_gos(text, quoted):
    assert go_quote(text) == quoted
