"""Provider messages: extract Google Cloud's own error from the provider's output.

The provider prints the error of Google's Go client, which has one of four forms: message and reason
on one line; the same after details as JSON; one line per reason below "More details:"; or a body
that is not JSON. A failed operation has messages only. Terraform may wrap any of them into a list,
"2 errors occurred:", and the provider's log repeats them with its own source line.
"""

import html
import json
import re
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from job.cloud.engine.refusal import Refusal
from job.redaction.known import SECRETS

_AROUND = re.compile(
    r"\x1b\[[0-9;]*m|<\{%.*?%\}>|sdk-v2/provider2\.go:\d+: sdk\.helper_schema: "
    r"|: provider=google[\w-]*@[\w.+-]+$",
    re.MULTILINE,
)
_HEADING = re.compile(r"^[^\n]*\b\d+ errors? occurred:[ \t]*(?:\*[ \t]+)?", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*\*(?:[ \t]+|$)", re.MULTILINE)
_ANSWER = re.compile(r"googleapi: Error (?P<status>\d{3}): ?")
_BODY = re.compile(
    r"googleapi: got HTTP response code (?P<status>\d{3})"
    r"(?: with body:| and error reading body:)?(?P<body>.*)",
    re.DOTALL,
)
_DETAILS = re.compile(r"\n\s*Details:\s*\n\s*(?=\[)")
_MORE = re.compile(r"\n\s*More details:\s*\n")
_REASON = re.compile(
    r"Reason: (?P<reason>[^,\n]*), Message: (?P<text>.*?)(?=\n\s*Reason: |\Z)", re.DOTALL
)
# The API quotes the value that it refuses, and a node's metadata contains secrets.
_METADATA = re.compile(r"(Invalid value for field '[^']*metadata[^']*': )'.*'\.", re.DOTALL)
_LAST_WORD = re.compile(r",\s*(?P<reason>\w*)\s*\Z")
_TITLE = re.compile(r"<title>(?P<text>.*?)</title>", re.DOTALL | re.IGNORECASE)
_TAGS = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_LONGEST_BODY = 300


def refusals(text: str) -> list[Refusal]:
    """Return the refusals in a provider's message, in order, without duplicates."""
    text = _METADATA.sub(r"\1'…'.", _AROUND.sub("", text))
    text = _HEADING.sub("\n* ", text)
    items = (_read_one(item) for item in _ITEM.split(text) if item.strip())
    return list(dict.fromkeys(item for item in items if item.message))


def _read_one(text: str) -> Refusal:
    if match := _ANSWER.search(text):
        return _of_answer(int(match["status"]), text[match.end() :])
    if match := _BODY.search(text):
        status = int(match["status"])
        return Refusal(message=_plain(match["body"]) or _phrase(status), status=status)
    return Refusal(message=_line(text))


def _of_answer(status: int, text: str) -> Refusal:
    """Parse the text after `googleapi: Error STATUS:`."""
    head, details, rest = _parted(text)
    entries = [(each["reason"], each["text"]) for each in _REASON.finditer(rest)]
    last = _LAST_WORD.search(rest)
    reasons = [reason for reason, _ in entries] or [last["reason"] if last else ""]
    reasons += [str(each.get("reason", "")) for each in details if isinstance(each, dict)]
    messages = dict.fromkeys(filter(None, map(_line, (head, *(message for _, message in entries)))))
    return Refusal(
        message="; ".join(messages) or _phrase(status),
        status=status,
        reason=next(filter(None, reasons), ""),
    )


def _parted(text: str) -> tuple[str, list[Any], str]:
    """Split into message, details and the rest, which contains the reasons."""
    if match := _DETAILS.search(text):
        # Truncated details cannot be parsed and stay in the message.
        with suppress(ValueError):
            details, end = json.JSONDecoder(strict=False).raw_decode(text, match.end())
            return text[: match.start()], details, text[end:]
    if match := _MORE.search(text) or _LAST_WORD.search(text):
        return text[: match.start()], [], text[match.start() :]
    return text, [], ""


def _plain(body: str) -> str:
    """Return an HTML page's title or text, shortened to one line."""
    title = _TITLE.search(body)
    text = title["text"] if title else _TAGS.sub(" ", body)
    # Mask before cutting: half a secret would not be recognized.
    return SECRETS.mask(_line(html.unescape(text)))[:_LONGEST_BODY]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no message"


def _line(text: str) -> str:
    return " ".join(text.split())
