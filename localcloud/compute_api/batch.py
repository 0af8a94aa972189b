"""Batch: several requests in one, as gcloud sends them (multipart/mixed of application/http).

Each part is answered on its own, so that a refused part does not end the others. Refused as a whole
is a body without parts. A fault of kind "lost" has no effect on a part, since the connection also
carries the answers to the other parts.
"""

from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from urllib.parse import urlsplit

from localcloud.compute_api import errors
from localcloud.compute_api.service import Answer, Wire

PATH = "/batch/compute/v1"
_BOUNDARY = "batch_localcloud"
CONTENT_TYPE = f"multipart/mixed; boundary={_BOUNDARY}"


def answer(
    content_type: str,
    body: bytes,
    authorization: str,
    respond: Callable[[Wire], tuple[Answer, bytes]],
) -> bytes:
    """Answer each part in order; `respond` returns an answer and its JSON bytes."""
    header = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    whole = message_from_bytes(header + body)
    if not whole.is_multipart():
        raise errors.ApiError(400, "badRequest", "Failed to parse batch request, error: no parts.")
    parts = [_part(part, authorization, respond) for part in whole.get_payload()]
    return b"".join([*parts, f"--{_BOUNDARY}--\r\n".encode()])


def _part(
    part: Message | str, authorization: str, respond: Callable[[Wire], tuple[Answer, bytes]]
) -> bytes:
    if not isinstance(part, Message):
        raise errors.ApiError(400, "badRequest", "Failed to parse batch request.")
    payload = part.get_payload(decode=True)
    given, json_bytes = respond(
        _wire(payload if isinstance(payload, bytes) else b"", authorization)
    )
    # The client finds the request of an answer by this id.
    content_id = part.get("Content-ID", "").strip("<>")
    reason = HTTPStatus(given.status).phrase
    head = (
        f"--{_BOUNDARY}\r\n"
        "Content-Type: application/http\r\n"
        f"Content-ID: <response-{content_id}>\r\n\r\n"
        f"HTTP/1.1 {given.status} {reason}\r\n"
        "Content-Type: application/json; charset=UTF-8\r\n"
        f"Content-Length: {len(json_bytes)}\r\n\r\n"
    )
    return head.encode() + json_bytes + b"\r\n"


def _wire(payload: bytes, authorization: str) -> Wire:
    head, _, body = payload.replace(b"\r\n", b"\n").partition(b"\n\n")
    first, _, headers = head.decode().partition("\n")
    method, url, *_ = first.split(" ")
    # A part without a token of its own has that of the whole batch.
    given = message_from_bytes(headers.encode()).get("Authorization", authorization)
    split = urlsplit(url)
    return Wire(method, split.path, split.query, given, body.strip())
