"""Gantt: a self-contained picture in which nothing covers anything else."""

from xml.etree import ElementTree as ET

import pytest

from job.reports import gantt

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def draw(run):
    """Draw the picture; return it, its root, and its bars by name: left, top, right, colour."""

    def make():
        text = gantt.draw(run.spans)
        root = ET.fromstring(text.encode())  # noqa: S314 - our own document
        bars = {}
        for group in root.findall(f"{SVG}g"):
            rect = group.find(f"{SVG}rect")
            left, top, width = (float(rect.get(name)) for name in ("x", "y", "width"))
            name = group.find(f"{SVG}title").text.partition(": ")[2].partition(",")[0]
            bars[name] = (left, top, left + width, rect.get("fill"))
        return text, root, bars

    return make


@pytest.mark.usefixtures("good_run")
def test_nothing_is_fetched_and_nothing_runs(draw):
    text, _, _ = draw()

    assert text.count("http") == 1  # the XML namespace of SVG
    assert not any(word in text for word in ("<script", "href", "url(", "@import"))


@pytest.mark.usefixtures("good_run")
def test_lanes_are_in_order_and_bars_by_time(draw):
    _, root, bars = draw()

    labels = [text.text for text in root.findall(f"{SVG}text[@font-weight='bold']")]
    assert labels == ["job", "resources", "controller", "worker"]
    assert bars["tests"][0] == pytest.approx(100 + 1000 * 30 / 75)
    assert bars["tests"][2] == pytest.approx(1100)


def test_what_happens_at_once_is_on_rows_of_its_own(run, draw):
    for number in range(5):
        run.add("resources", f"a{number}", 0, 10)
    run.add("resources", "later", 20, 40)
    _, _, bars = draw()

    assert len({bars[f"a{number}"][1] for number in range(5)}) == 5
    assert bars["later"][1] == bars["a0"][1]


def test_stages_after_each_other_share_a_row(run, draw):
    run.add("controller", "packages", 0, 20)
    run.add("controller", "stack.sh", 20, 60)
    _, _, bars = draw()

    assert bars["packages"][1] == bars["stack.sh"][1]


def test_a_label_has_room_beside_a_short_bar(run, draw):
    """Otherwise the labels of two short spans in a row would overlap."""
    run.add("controller", "a name of some length", 0, 0.1)
    run.add("controller", "another name", 0.1, 0.2)
    run.add("job", "tests", 0, 60)
    _, _, bars = draw()

    assert bars["a name of some length"][1] != bars["another name"][1]


@pytest.mark.parametrize("verdict", ["passed", "failed", "interrupted", "skipped"])
def test_verdicts_have_colours_that_a_legend_explains(run, draw, verdict):
    run.add("job", "up", 0, 1, verdict)
    text, _, bars = draw()

    assert bars["up"][3] == gantt._COLOURS[verdict]
    assert f">{verdict}</text>" in text


def test_a_pointer_is_told_the_rest(run, draw):
    run.add("worker", "stack.sh", 5, 46.5, "failed", "fatal: <no> & never\x1b")
    run.add("job", "up", 0, 50)
    _, root, _ = draw()

    titles = [title.text for title in root.findall(f"{SVG}g/{SVG}title")]
    assert "worker: stack.sh, failed, 41:30 from 5:00 on\nfatal: <no> & never" in titles


@pytest.mark.usefixtures("good_run")
def test_the_axis_is_in_minutes(draw):
    text, _, _ = draw()

    assert [f">{tick} min<" in text for tick in (0, 10, 70, 80)] == [True, True, True, False]


def test_an_empty_timeline_is_a_picture_too(draw):
    _, _, bars = draw()

    assert bars == {}
