"""Meta-config: divide a local.conf into sections, exactly as DevStack does.

A line that DevStack takes for a heading begins a section. The text before the first heading belongs
to localrc, since the stack appends a user's file there. The rules are those of `inc/meta-config` in
devstack, stable/2025.1 to stable/2026.1, surprises included: a heading ends at its first blank, and
a bash test such as `[[ -n $A || -n $B ]]` at the beginning of a line is a heading.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADING = re.compile(r"\[\[.+\|.*\]\]")
_INI_SECTION = re.compile(r"\[.+\]")
_COMMENT = re.compile(r" *#")
_BLANKS = " \t"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the file, with its number from 1."""

    number: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """The lines below one heading. DevStack ignores a section without group or file."""

    group: str
    file: str
    heading: Line
    lines: tuple[Line, ...]

    @property
    def is_localrc(self) -> bool:
        """Tell whether it is a localrc section, all of which bash reads as one text."""
        return (self.group, self.file) == ("local", "localrc")


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option that a section sets in a service's configuration file."""

    number: int
    section: str
    name: str


def sections(text: str) -> list[Section]:
    """Divide a text that begins inside localrc."""
    found: list[Section] = []
    group, file, heading = "local", "localrc", Line(number=0, text="")
    lines: list[Line] = []
    for number, content in enumerate(text.split("\n"), start=1):
        line = Line(number=number, text=content)
        if not _HEADING.match(content):
            lines.append(line)
            continue
        found.append(Section(group=group, file=file, heading=heading, lines=tuple(lines)))
        group, file, *_ = [*_first_field(content).split("|"), ""]
        heading, lines = line, []
    found.append(Section(group=group, file=file, heading=heading, lines=tuple(lines)))
    return found


def options(section: Section) -> Iterator[Option]:
    """Yield the options of a section that is merged into a configuration file."""
    ini_section = ""
    for line in section.lines:
        if _INI_SECTION.match(line.text):
            ini_section = _first_field(line.text)
        elif line.text and line.text[0] not in _BLANKS and not _COMMENT.match(line.text):
            name = line.text.partition("=")[0].rstrip(_BLANKS)
            yield Option(number=line.number, section=ini_section, name=name)


def _first_field(text: str) -> str:
    """Return the first field in awk's sense, without brackets."""
    return re.split(r"[ \t]+", text.strip(_BLANKS))[0].translate({ord("["): None, ord("]"): None})
