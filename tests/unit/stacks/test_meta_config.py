"""Meta-config: sections and options as DevStack's own parser finds them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.meta_config import options, sections

_PIECES = ["[[local|localrc]]", "[[post-config|$NOVA_CONF]]", "[a]", "A=1", "", " b = c", "[[ a ]]"]


def outline(text: str) -> list[tuple[str, str, list[str]]]:
    """Return group, file and lines of each section."""
    return [(each.group, each.file, [line.text for line in each.lines]) for each in sections(text)]


def test_a_text_begins_in_localrc_and_may_return_to_it():
    text = "A=1\n[[post-config|$NOVA_CONF]]\n[x]\ny = z\n[[local|localrc]]\nB=2"

    assert outline(text) == [
        ("local", "localrc", ["A=1"]),
        ("post-config", "$NOVA_CONF", ["[x]", "y = z"]),
        ("local", "localrc", ["B=2"]),
    ]


@pytest.mark.parametrize(
    ("line", "group", "file"),
    [
        ("[[local|localrc]]  # mine", "local", "localrc"),
        ("[[local|localrc]]A=1", "local", "localrcA=1"),
        ("[[post-config|/$Q_PLUGIN_CONF_FILE]]", "post-config", "/$Q_PLUGIN_CONF_FILE"),
        ("[[local | localrc]]", "local", ""),
        ("[[ -n $A || -n $B ]] && C=1", "", ""),
        ("[[local|other]]", "local", "other"),
    ],
)
def test_a_heading_is_what_devstack_takes_for_one(line, group, file):
    """DevStack searches a line for `[[`, a bar and `]]`, and then reads its first field."""
    assert outline(line)[1:] == [(group, file, [])]


@pytest.mark.parametrize("line", [" [[local|localrc]]", "[[local]]", "[[ -n $A ]]", "[local|x]"])
def test_a_line_that_only_resembles_a_heading_is_none(line):
    assert outline(line) == [("local", "localrc", [line])]


def test_options_are_those_that_devstack_merges():
    """Indented lines and comments are not options; blanks around the equals sign are allowed."""
    text = "[[post-config|f]]\n[a] # b\nc=1\nd \t = 2 = 3\n  e = 4\n#f = 5\n # g = 6\n[ x ]\nh\n"

    assert list(options(sections(text)[1])) == [(3, "a", "c"), (4, "a", "d"), (9, "", "h")]


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=20)))
def test_every_line_is_in_one_section_or_its_heading(pieces):
    text = "\n".join(pieces)
    lines = [line for each in sections(text) for line in (each.heading, *each.lines)][1:]

    assert [line.text for line in lines] == text.split("\n")
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
