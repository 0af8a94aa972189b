"""Gantt: draw a run's timeline as a self-contained SVG file.

Each lane has a group of rows, each span a bar. Tooltips show the times and the notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree as ET

from job.redaction.known import SECRETS
from job.reports import texts
from job.reports.timeline import Lane, Span, extent

_LANES: tuple[Lane, ...] = ("job", "resources", "controller", "worker", "tests")
_COLOURS = {
    "passed": "#2e7d32",
    "failed": "#c62828",
    "interrupted": "#ef6c00",
    "running": "#1565c0",
    "skipped": "#9e9e9e",
}
_INK = "#212121"
_TICKS_MIN = (0.1, 0.5, 1, 2, 5, 10, 15, 30, 60)
_MOST_TICKS = 14

# Pixels.
_LEFT, _PLOT, _RIGHT = 100, 1000, 180
_TOP, _ROW, _BAR = 56, 20, 14
_CHARACTER = 6.3
_GAP = 6
_LONGEST_LABEL = 40
# Tolerance when the end of one span is the beginning of the next.
_SAME = 0.01


@dataclass
class _Row:
    """A row of spans that do not overlap, labels included."""

    spans: list[Span] = field(default_factory=list)
    free_from: float = 0.0


def draw(spans: Sequence[Span], title: str = "job") -> str:
    """Return a timeline as SVG."""
    return _Picture(spans, title).draw()


class _Picture:
    def __init__(self, spans: Sequence[Span], title: str) -> None:
        self._spans = sorted(spans, key=lambda span: span.began)
        self._title = title
        self._began, last = extent(spans)
        self._minutes = max((last - self._began).total_seconds() / 60, _TICKS_MIN[0])
        lanes = {lane: self._rows(lane) for lane in _LANES}
        self._lanes = {lane: rows for lane, rows in lanes.items() if rows}
        height = _TOP + _ROW * sum(map(len, self._lanes.values())) + _GAP
        width = _LEFT + _PLOT + _RIGHT
        size = {"viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)}
        font = {"font-family": "sans-serif", "font-size": "11"}
        self._root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, **font})
        self._bottom = height - _GAP

    def draw(self) -> str:
        self._add("title", self._title)
        self._add("rect", width="100%", height="100%", fill="#ffffff")
        self._head()
        self._axis()
        top = _TOP
        for lane, rows in self._lanes.items():
            end = _LEFT + _PLOT + _RIGHT
            self._add("line", x1=0, y1=top, x2=end, y2=top, stroke="#9e9e9e")
            self._text(_GAP, top + _BAR, lane, font_weight="bold")
            for row in rows:
                for span in row.spans:
                    self._bar(span, top)
                top += _ROW
        picture = ET.tostring(self._root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{picture}'

    def _rows(self, lane: Lane) -> list[_Row]:
        """Distribute a lane's spans over as few rows as possible, without overlaps."""
        rows: list[_Row] = []
        for span in self._spans:
            if span.lane != lane:
                continue
            left, right = self._extent(span)
            row = next((row for row in rows if row.free_from <= left + _SAME), None)
            if row is None:
                rows.append(row := _Row())
            row.spans.append(span)
            row.free_from = right
        return rows

    def _extent(self, span: Span) -> tuple[float, float]:
        """Return the left end of the bar, and the right end of bar and label."""
        left, right = self._x(span.began), self._x(span.end)
        label = len(_label(span)) * _CHARACTER
        return left, right if label < right - left else right + label + _GAP

    def _x(self, moment: datetime) -> float:
        return _LEFT + (moment - self._began).total_seconds() / 60 / self._minutes * _PLOT

    def _head(self) -> None:
        self._text(_GAP, 16, f"{self._title}, from {self._began:%Y-%m-%d %H:%M:%S} UTC")
        x = float(_LEFT + _PLOT // 2)
        for verdict, colour in _COLOURS.items():
            self._add("rect", x=x, y="7", width="10", height="10", fill=colour)
            self._text(x + 14, 16, verdict)
            x += 14 + _CHARACTER * len(verdict) + 3 * _GAP

    def _axis(self) -> None:
        step = next(
            (tick for tick in _TICKS_MIN if self._minutes / tick <= _MOST_TICKS), _TICKS_MIN[-1]
        )
        for number in range(int(self._minutes / step) + 1):
            x = _LEFT + number * step / self._minutes * _PLOT
            self._add("line", x1=x, y1=_TOP - 12, x2=x, y2=self._bottom, stroke="#e0e0e0")
            self._text(x, _TOP - 16, f"{number * step:g} min", text_anchor="middle")

    def _bar(self, span: Span, top: float) -> None:
        left, right = self._x(span.began), self._x(span.end)
        from_start = (span.began - self._began).total_seconds()
        told = (
            f"{span.lane}: {span.name}, {span.verdict},"
            f" {texts.clock(span.seconds)} from {texts.clock(from_start)} on"
        )
        group = self._add("g")
        self._add("title", f"{told}\n{span.note}".strip(), into=group)
        # A white outline separates bars that touch.
        look = {"height": str(_BAR), "rx": "2", "fill": _COLOURS[span.verdict], "stroke": "#ffffff"}
        width = max(right - left, 2.0)
        self._add("rect", into=group, x=left, y=top + 3, width=width, **look)
        label = _label(span)
        fits = len(label) * _CHARACTER < right - left
        x = left + 3 if fits else max(right, left + 2) + 3
        self._text(x, top + _BAR, label, into=group, fill="#ffffff" if fits else _INK)

    def _text(
        self, x: float, y: float, text: str, *, into: ET.Element | None = None, **changed: str
    ) -> None:
        look = {"fill": _INK, "text_anchor": "start", "font_weight": "normal", **changed}
        self._add("text", text, into=into, x=x, y=y, **look)

    def _add(
        self,
        tag: str,
        text: str | None = None,
        *,
        into: ET.Element | None = None,
        **attributes: float | str,
    ) -> ET.Element:
        element = ET.SubElement(self._root if into is None else into, tag)
        element.text = text if text is None else texts.xml(text)
        for name, value in attributes.items():
            written = value if isinstance(value, str) else f"{value:.1f}"
            element.set(name.replace("_", "-"), written)
        return element


def _label(span: Span) -> str:
    # Mask before cutting: half a secret would not be recognized.
    name = SECRETS.mask(span.name)
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
