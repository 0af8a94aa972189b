"""Boskos: the client of the service that lends projects to jobs, one request a method.

A lease belongs to an owner. The server answers 401 when somebody else owns the resource, or nobody
any more since the reaper took it from a job that was silent for too long. A request that takes
longer than its limit is given up, or a server that drips would stop the heartbeat.
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

# A free resource is `free`; older janitors leave it `clean`.
_USABLE = ("clean", "free")
_BUSY, _DIRTY = "busy", "dirty"
_LOST = {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
# The only difference, in the server's answers, between a type that it lacks and one that is in use.
_UNKNOWN_TYPE = re.compile(r'resource type ".*" does not exist')
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?")
_EXCERPT = 200


class UnavailableError(JobError):
    """The server gave no answer, or one that may be better next time; whether it acted is open."""

    exit_code = os.EX_UNAVAILABLE
    kind: Kind = "infrastructure"


class LostError(JobError):
    """The resource is not ours any more: from now on it may be another job's."""

    exit_code = os.EX_NOPERM
    kind: Kind = "infrastructure"


@dataclass(frozen=True, kw_only=True)
class Boskos:
    """A server, and the owner in whose name it is asked."""

    host: str
    owner: str
    limit_s: float = 10.0
    """Of each request as a whole."""

    def __post_init__(self) -> None:
        if not _HOST.fullmatch(self.host):
            shown = conceal_address(self.host)
            raise RefusedError(f"BOSKOS_HOST: {shown!r} is not of the form HOST or HOST:PORT")

    def acquire(self, kind: str, *, will_ask_again: bool = False) -> str | None:
        """Lease a resource of a kind: its name, or None if none is free.

        Who will ask again gets a place in the server's queue, for half a minute after each request;
        who has none is served after all those who have one. The owner doubles as the place's name.
        Raises RefusedError if the server has no such type, since no waiting will bring one.
        """
        place = {"request_id": self.owner} if will_ask_again else {}
        for state in _USABLE:
            answer = self._post("acquire", type=kind, state=state, dest=_BUSY, **place)
            if answer.status == HTTPStatus.OK:
                return _name(answer)
            if answer.status != HTTPStatus.NOT_FOUND:
                raise _unexpected(answer)
        # By the last answer: the first request for a type of dynamic resources makes one.
        if _UNKNOWN_TYPE.search(answer.text):
            raise RefusedError(
                f"boskos: {self.host} has no resources of type {kind!r}; name a type that it has"
                " (RESOURCE_TYPE), or the Boskos that has this one (BOSKOS_HOST)"
            )
        return None

    def update(self, name: str) -> None:
        """Say that the resource is still in use. Raises LostError if it is not ours."""
        self._keep("update", name, state=_BUSY)

    def release(self, name: str) -> None:
        """Give the resource back for the janitor to clean. Raises LostError if it is not ours."""
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
            # Redirects are not followed: a redirected POST would arrive as a GET.
            answer = ask(Request(method="POST", url=f"{url}?{query}"), limit_s=self.limit_s)
        except NoAnswerError as error:
            raise UnavailableError(f"boskos: {url}: {error}") from error
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"boskos: {url}: {_words(answer)}")
        return answer


def owner(environ: Mapping[str, str]) -> str:
    """Name this job, and no other: two jobs of one name could release each other's leases."""
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
    """What the server said, on one line and not longer than a line should be."""
    # Half a secret would not be known any more.
    text = SECRETS.mask(" ".join(answer.text.split()))
    return f"{answer.status} {text[:_EXCERPT]}".rstrip()
