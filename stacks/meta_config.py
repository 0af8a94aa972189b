"""Meta-config: divide a local.conf into sections, exactly as DevStack does.

A line that DevStack takes for a heading begins a section. The text before the first heading belongs
to localrc, since the stack appends a user's file there. The rules are those of `inc/meta-config` in
devstack, stable/2025.1 to stable/2026.1, surprises included: a heading ends at its first blank, and
a bash test such as `[[ -n $A || -n $B ]]` at the beginning of a line is a heading.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_HEADING = re.compile(r"\[\[.+\|.*\]\]")
_INI_SECTION = re.compile(r"\[.+\]")
_COMMENT = re.compile(r" *#")
_BLANKS = " \t"


class Line(NamedTuple):
    """A line of the file, with its number from 1."""

    number: int
    text: str


class Section(NamedTuple):
    """The lines below one heading. DevStack ignores a section without group or file."""

    group: str
    file: str
    heading: Line
    lines: list[Line]

    @property
    def is_localrc(self) -> bool:
        """Tell whether it is a localrc section, all of which bash reads as one text."""
        return (self.group, self.file) == ("local", "localrc")


def sections(text: str) -> list[Section]:
    """Divide a text that begins inside localrc."""
    found = [Section("local", "localrc", heading=Line(0, ""), lines=[])]
    for number, content in enumerate(text.split("\n"), start=1):
        line = Line(number, content)
        if _HEADING.match(content):
            group, file, *_ = [*_first_field(content).split("|"), ""]
            found.append(Section(group, file, heading=line, lines=[]))
        else:
            found[-1].lines.append(line)
    return found


def options(section: Section) -> Iterator[tuple[int, str, str]]:
    """Yield line number, section and name of the options for a service's configuration file."""
    ini_section = ""
    for line in section.lines:
        if _INI_SECTION.match(line.text):
            ini_section = _first_field(line.text)
        elif line.text and line.text[0] not in _BLANKS and not _COMMENT.match(line.text):
            name = line.text.partition("=")[0].rstrip(_BLANKS)
            yield line.number, ini_section, name


def _first_field(text: str) -> str:
    """Return the first field in awk's sense, without brackets."""
    return re.split(r"[ \t]+", text.strip(_BLANKS))[0].translate({ord("["): None, ord("]"): None})
