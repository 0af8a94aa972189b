"""Provider errors: every form in which the real provider and the CLI print a failure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

REASONS = ("conditionNotMet", "invalid", "forbidden", "alreadyExists", "notFound", "someNewReason")
STATUSES = (400, 403, 404, 409, 410, 412, 413, 418, 422, 429, 500, 501, 502, 503, 504)
_WORD = st.text("abcdefgxyzABXY0123456789'.,:()[]{}<>/-_\"%é", min_size=1, max_size=12)
# Lines begin with a letter, so none looks like a part of the surrounding form.
_LINE = st.lists(_WORD, max_size=8).map(lambda words: " ".join(["Word", *words]))
MESSAGES = st.lists(_LINE, min_size=1, max_size=3).map("\n".join)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """A failure as the provider prints it, and the parts that a person needs."""

    text: str
    needed: tuple[str, ...]
    status: int = 0
    reason: str = ""


def _answer(status: int, message: str, reason: str, below: str, *more: str) -> Printed:
    """Return an error of Google's Go client; `below` follows the message."""
    return Printed(
        text=f"googleapi: Error {status}: {message}{below}",
        needed=(message, reason, *more),
        status=status,
        reason=reason,
    )


def one_line(status: int, message: str, reason: str) -> Printed:
    return _answer(status, message, reason, f", {reason}")


def with_details(status: int, message: str, reason: str) -> Printed:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadatas": {"said": message}}
    details = json.dumps([info], indent=2)
    return _answer(status, message, reason, f"\nDetails:\n{details}\n, {reason}")


def with_details_alone(status: int, message: str, reason: str) -> Printed:
    """Return a newer error: without a list of errors, with the reason in its details."""
    details = json.dumps([{"reason": reason, "domain": "compute.googleapis.com"}], indent=2)
    return _answer(status, message, reason, f"\nDetails:\n{details}")


def with_more(status: int, message: str, reason: str) -> Printed:
    second = "Another constraint is violated."
    lines = "".join(f"Reason: {reason}, Message: {text}\n" for text in (message, second))
    return _answer(status, message, reason, f"\nMore details:\n{lines}", second)


def page(status: int, message: str, reason: str) -> Printed:
    """Return an HTML answer of a proxy or of Google's front end."""
    del message, reason
    title = f"Error {status} (Server Error)!!1"
    body = (
        f"<!DOCTYPE html>\n<html lang=en>\n<style>p {{margin: 1px}}</style>\n<title>{title}</title>"
    )
    return Printed(
        text=f"googleapi: got HTTP response code {status} with body: {body}\n<p>Sorry.</html>\n",
        needed=(title,),
        status=status,
    )


def operation(status: int, message: str, reason: str) -> Printed:
    """Return an operation that failed after its request was accepted."""
    del status, reason
    advice = "\n\nTry another shape.\n\n\nTroubleshooting\nhttps://cloud.google.com/compute/docs\n"
    return Printed(text=f"{message}\n{advice}", needed=(message,))


FORMS = (one_line, with_details, with_details_alone, with_more, page, operation)
PRINTED = st.builds(
    lambda form, status, message, reason: form(status, message, reason),
    st.sampled_from(FORMS),
    st.sampled_from(STATUSES),
    MESSAGES,
    st.sampled_from(REASONS),
)


def as_list(failures: Sequence[Printed], before: str = "Error creating instance: ") -> str:
    """Return Terraform's list of errors, as the provider prints it."""
    count = f"{len(failures)} error{'s' if len(failures) > 1 else ''} occurred:"
    items = "".join(f"\n\t* {before}{failure.text}" for failure in failures)
    return f"{count}{items}\n\n"


def as_logged(failure: Printed) -> str:
    """Return a line of the provider's log, which the engine prints as an error, too."""
    return (
        f"  sdk-v2/provider2.go:572: sdk.helper_schema: Error creating instance: {failure.text}:"
        " provider=google-beta@10.2.0"
    )


def on_terminal(blocks: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return the end of the CLI's output: a heading for each resource, then its errors."""
    lines = [" +  gcp:compute:Instance controller creating (1s) error: 1 error occurred:"]
    lines.append("Diagnostics:")
    for heading, messages in blocks:
        lines.append(f"  {heading}:")
        for message in messages:
            text = f"error: {message}".rstrip()
            lines += [f"    {line.rstrip()}" for line in text.split("\n")]
        lines.append("")
    lines += ["Resources:", "    + 3 created", "", "Duration: 8s"]
    return "".join(f"{line}\n" for line in lines)
