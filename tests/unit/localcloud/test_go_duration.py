"""Go duration: texts that Go's own programs accept, and texts that they refuse."""

import pytest

from localcloud import go_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("1h30m", 5400),
        ("1.5s", 1.5),
        ("250ms", 0.25),
        (".5m", 30),
        ("0", 0),
        ("-1s", -1),
        ("2\u00b5s", 2e-6),
    ],
)
def test_a_duration_is_read(text, seconds):
    assert go_duration.seconds(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "s", "1 s", "one", "1s?", "-"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="time: invalid duration"):
        go_duration.seconds(text)
