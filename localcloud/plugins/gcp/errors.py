"""Errors: refusals of the API and failures of operations, in the real plugin's words.

A refusal may pass, so that a retry makes sense, if its status says so (429, 500, 502, 503), if its
reason does (rate limits, an operation in progress), or if a network is not ready yet. All others
are final. The texts keep the real plugin's form, because the job diagnoses failures by them.
"""

import json
from typing import Any, Self

from localcloud.plugins.provider import ProviderError

Json = dict[str, Any]

_PASSING_CODES = {429, 500, 502, 503}
_PASSING_REASONS = {
    (403, "rateLimitExceeded"),
    (403, "userRateLimitExceeded"),
    (409, "operationInProgress"),
}
_NOT_FOUND = 404


class ApiError(ProviderError):
    """A request that was refused, or that did not reach the API."""

    def __init__(self, text: str, *, passing: bool = False) -> None:
        super().__init__(text)
        self.passing = passing
        """Whether the same request may succeed later."""

    @classmethod
    def of(cls, code: int, content: bytes) -> "ApiError":
        """Return the error for an answer: NotFoundError for 404. `content` may be any text."""
        try:
            error = json.loads(content)["error"]
            entries = error.get("errors", [])
            message = error.get("message", "")
        except (ValueError, KeyError, TypeError, AttributeError):
            text = content.decode(errors="replace")
            message = f"googleapi: got HTTP response code {code} with body: {text}"
            return cls(message, passing=code in _PASSING_CODES)
        kind = NotFoundError if code == _NOT_FOUND else cls
        reasons = {(code, entry.get("reason")) for entry in entries}
        # A network that has just been created refuses its first users for a moment.
        unready = (400, "resourceNotReady") in reasons and "networks/" in message
        passing = code in _PASSING_CODES or bool(_PASSING_REASONS & reasons) or unready
        return kind(_google_text(code, message, error.get("details"), entries), passing=passing)

    @classmethod
    def of_connection(cls, error: Exception) -> Self:
        """Return the error for a failed connection. Only a reset one may pass."""
        return cls(str(error) or repr(error), passing=isinstance(error, ConnectionResetError))


class NotFoundError(ApiError):
    """A refusal because the resource does not exist."""


class OperationError(ProviderError):
    """A request that the API accepted, and whose operation failed or took too long."""


def listed(error: ProviderError) -> str:
    """Return a failure as Terraform's list of one error, which the real plugin passes on."""
    return f"1 error occurred:\n\t* {error}\n\n"


def operation_text(error: Json) -> str:
    """Return the messages of a failed operation, with Google's details on quotas and remedies."""
    return "".join(_entry_text(entry) for entry in error.get("errors", []))


def _google_text(code: int, message: str, details: Any, entries: list[Json]) -> str:
    # The form of google.golang.org/api/googleapi, which the real plugin uses.
    text = f"googleapi: Error {code}: {message}"
    if details:
        text += f"\nDetails:\n{json.dumps(details, indent=2)}\n"
    if not entries:
        return text.strip()
    if len(entries) == 1 and entries[0].get("message") == message:
        return f"{text}, {entries[0].get('reason', '')}"
    lines = [
        f"Reason: {entry.get('reason', '')}, Message: {entry.get('message', '')}\n"
        for entry in entries
    ]
    return f"{text}\nMore details:\n{''.join(lines)}"


def _entry_text(entry: Json) -> str:
    text = f"{entry.get('message', '')}\n"
    details = entry.get("errorDetails", [])
    # Like the real plugin, print only the first detail of each kind.
    if entry.get("code") == "QUOTA_EXCEEDED":
        quotas = (detail["quotaInfo"] for detail in details if "quotaInfo" in detail)
        text += _quota_text(next(quotas, {}))
    advice = [detail["localizedMessage"] for detail in details if "localizedMessage" in detail]
    for localized in advice[:1]:
        text += f"\n\n{localized.get('message', '')}\n"
    help_links = [link for detail in details for link in detail.get("help", {}).get("links", [])]
    for link in help_links[:1]:
        text += "\n\n" + "".join(f"{link[key]}\n" for key in ("description", "url") if key in link)
    return text


def _quota_text(quota: Json) -> str:
    text = ""
    for key, title in (("metricName", "metric name"), ("limitName", "limit name")):
        if key in quota:
            text += f"\t{title} = {quota[key]}\n"
    if quota.get("limit"):
        text += f"\tlimit = {quota['limit']:g}\n"
    if "dimensions" in quota:
        pairs = " ".join(f"{key}:{value}" for key, value in sorted(quota["dimensions"].items()))
        text += f"\tdimensions = map[{pairs}]\n"  # as Go prints a map
    return text
