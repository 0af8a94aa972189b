"""Images: existing ones pass, missing ones are refused, and a silent server only warns."""

import pytest

from job.run.preflight import images


@pytest.fixture
def look(web):
    """Check one path of the server; return the report and the seconds that it would have waited."""

    def check(path="/image", *answers):
        web.answers[path] = list(answers)
        pauses = []
        return images.check({"devstack:amphoraImageUrl": web.url + path}, pauses.append), pauses

    return check


@pytest.mark.parametrize("status", [200, 206])
def test_an_image_that_is_there_passes(look, status):
    report, _ = look("/image", status)

    assert (report.problems, report.warnings) == ([], [])


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_image_that_is_not_there_is_refused_at_once(look, web, status):
    report, pauses = look("/image", status)

    [problem] = report.problems

    assert problem == (
        f"devstack:amphoraImageUrl: {web.url}/image answers {status}; name an image that"
        " everybody may download"
    )
    assert pauses == []


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_refuses_head_is_asked_for_one_byte(look, web, status):
    """A signed URL accepts only GET; the image itself is not downloaded."""
    web.answers["HEAD", "/image"] = [status]
    report, _ = look("/image", 206)

    assert (report.problems, report.warnings) == ([], [])
    assert web.requests == [("HEAD", "/image", None), ("GET", "/image", "bytes=0-0")]


def test_a_redirect_is_followed(look, web):
    web.answers["/elsewhere"] = [404]
    report, _ = look("/image", (302, "/elsewhere"))

    assert "answers 404" in report.problems[0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_outage_is_tried_again_and_passes_when_it_is_over(look, status):
    report, pauses = look("/image", status, status, 200)

    assert (report.problems, report.warnings) == ([], [])
    assert pauses == [1, 3]


def test_an_outage_that_lasts_only_warns(look, web):
    report, _ = look("/image", 503)

    assert report.problems == []
    assert report.warnings == [
        f"devstack:amphoraImageUrl: {web.url}/image cannot be looked at from here (503)"
    ]
    assert len(web.requests) == 3


def test_a_host_that_cannot_be_reached_only_warns(look, web):
    """The nodes may reach hosts that this machine cannot."""
    web.server_close()
    report, _ = look()

    assert report.problems == []
    assert "cannot be looked at from here (no answer, Connection" in report.warnings[0]


def test_a_host_that_never_answers_is_given_up(look, monkeypatch):
    monkeypatch.setattr(images, "_LIMIT_S", 0.1)
    report, _ = look("/image", "silence")

    assert report.problems == []
    assert "(no answer within 0.1 s)" in report.warnings[0]


def test_a_file_is_the_nodes_business():
    report = images.check({"key": "file:///nonexistent"}, lambda _: None)

    assert (report.problems, report.warnings) == ([], [])
