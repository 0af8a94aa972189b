"""Client: requests to Boskos, which leases projects to jobs.

A lease belongs to an owner. The server answers 401 if somebody else owns the resource, or if the
reaper has taken it from a job that missed its heartbeats. Every request has a total time limit, so
that a slow server cannot block the heartbeat.
"""

import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from host.errors import JobError, Kind, RefusedError
from job.network.web.request import Answer, NoAnswerError, Request, ask
from job.redaction.known import SECRETS
from stacks.concealment import conceal_address

# Free resources are `free`; older janitors leave them `clean`.
_USABLE = ("clean", "free")
_BUSY, _DIRTY = "busy", "dirty"
_LOST = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
# Only this message tells an unknown type from one whose resources are all in use.
_UNKNOWN_TYPE = re.compile(r'resource type ".*" does not exist')
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?")
_EXCERPT = 200


class UnavailableError(JobError):
    """No answer, or one that a retry may improve. The server may have acted all the same."""

    exit_code = os.EX_UNAVAILABLE
    kind: Kind = "infrastructure"


class LostError(JobError):
    """The lease is lost: the resource may belong to another job."""

    exit_code = os.EX_NOPERM
    kind: Kind = "infrastructure"


@dataclass(frozen=True, kw_only=True)
class Boskos:
    """A server, and the owner of our leases."""

    host: str
    owner: str
    limit_s: float = 10.0
    """Total time limit of each request."""

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            shown = conceal_address(self.host)
            raise RefusedError(f"BOSKOS_HOST: {shown!r} is not of the form HOST or HOST:PORT")

    def acquire(self, kind: str, *, will_ask_again: bool = False) -> str | None:
        """Lease a resource of a kind. Return its name, or None if none is free.

        With `will_ask_again` the server keeps a place in its queue, named by the owner, for half a
        minute after each request. Requests without a place are served last. Raises RefusedError
        for an unknown type, which no waiting can change.
        """
        place = {"request_id": self.owner} if will_ask_again else {}
        for state in _USABLE:
            answer = self._post("acquire", type=kind, state=state, dest=_BUSY, **place)
            if answer.status == HTTPStatus.OK:
                return _name(answer)
            if answer.status != HTTPStatus.NOT_FOUND:
                raise _unexpected(answer)
        # Judge by the last answer: the first request for a dynamic type creates resources.
        if _UNKNOWN_TYPE.search(answer.text):
            raise RefusedError(
                f"boskos: {self.host} has no resources of type {kind!r}; name a type that it has"
                " (RESOURCE_TYPE), or the Boskos that has this one (BOSKOS_HOST)"
            )
        return None

    def update(self, name: str) -> None:
        """Send a heartbeat. Raises LostError if the resource is not ours."""
        self._keep("update", name, state=_BUSY)

    def release(self, name: str) -> None:
        """Release the resource as dirty. Raises LostError if it is not ours."""
        self._keep("release", name, dest=_DIRTY)

    def _keep(self, action: str, name: str, **parameters: str) -> None:
        answer = self._post(action, name=name, **parameters)
        if answer.status in _LOST:
            raise LostError(
                f"boskos: {name} is not leased to {self.owner} any more: {_words(answer)}"
            )
        if answer.status != HTTPStatus.OK:
            raise _unexpected(answer)

    def _post(self, action: str, **parameters: str) -> Answer:
        url = f"http://{self.host}/{action}"
        query = urlencode({**parameters, "owner": self.owner})
        try:
            # Do not follow redirects, which would turn a POST into a GET.
            answer = ask(Request(method="POST", url=f"{url}?{query}"), limit_s=self.limit_s)
        except NoAnswerError as error:
            raise UnavailableError(f"boskos: {url}: {error}") from error
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"boskos: {url}: {_words(answer)}")
        return answer


def owner(environ: Mapping[str, str]) -> str:
    """Return a unique owner. Jobs with equal owners could release each other's leases."""
    job = (
        environ.get("PROW_JOB_ID")
        or environ.get("BUILD_ID")
        or f"{socket.gethostname()}-{os.getpid()}"
    )
    return f"devstack-{job}"


def _name(answer: Answer) -> str:
    try:
        name = json.loads(answer.body)["name"]
    except (ValueError, TypeError, KeyError, RecursionError):
        name = None
    if not isinstance(name, str) or not name:
        raise JobError(f"boskos: {answer.url}: not a resource: {_words(answer)}; see BOSKOS_HOST")
    return name


def _unexpected(answer: Answer) -> JobError:
    return JobError(f"boskos: {answer.url}: {_words(answer)}; see BOSKOS_HOST")


def _words(answer: Answer) -> str:
    """Return the server's message, on one line and shortened."""
    # Mask before cutting: half a secret would not be recognized.
    text = SECRETS.mask(" ".join(answer.text.split()))
    return f"{answer.status} {text[:_EXCERPT]}".rstrip()
