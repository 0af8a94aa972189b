"""Batch: several requests in one HTTP request, as gcloud sends them."""

import json

import pytest

from localcloud.compute_api import batch
from localcloud.compute_api.errors import ApiError
from localcloud.compute_api.service import Answer

PART = (
    "--b\r\nContent-Type: application/http\r\nMIME-Version: 1.0\r\nContent-ID: <x+{n}>\r\n\r\n"
    "{verb} /compute/v1/projects/p/{n}?alt=json HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
    "{body}\r\n"
)


def run(parts, respond):
    raw = "".join(parts) + "--b--\r\n"
    return batch.answer('multipart/mixed; boundary="b"', raw.encode(), "Bearer t", respond)


def test_each_part_is_answered_under_its_own_id():
    seen = []

    def respond(wire):
        seen.append((wire.http_method, wire.path, wire.query, wire.authorization, wire.body))
        body = {"path": wire.path}
        return Answer(404 if wire.path.endswith("2") else 200, body), json.dumps(body).encode()

    parts = [
        PART.format(n=1, verb="POST", body='{"name": "a"}'),
        PART.format(n=2, verb="GET", body=""),
    ]
    text = run(parts, respond).decode()
    assert seen == [
        ("POST", "/compute/v1/projects/p/1", "alt=json", "Bearer t", b'{"name": "a"}'),
        ("GET", "/compute/v1/projects/p/2", "alt=json", "Bearer t", b""),
    ]
    assert text.index("<response-x+1>") < text.index("HTTP/1.1 200 OK")
    assert text.index("<response-x+2>") < text.index("HTTP/1.1 404 Not Found")


def test_body_without_parts_is_refused():
    with pytest.raises(ApiError, match="no parts"):
        batch.answer("application/json", b"{}", "Bearer t", lambda _: (Answer(200, {}), b""))
