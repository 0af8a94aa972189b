"""Request: sent and answered within a limit, or given up.

The time-outs of `requests` count from one byte to the next, so a server that sends a byte a second
is waited for without end. Here a thread makes the request, and the caller waits for that thread no
longer than the limit. Then the connection is cut, which ends the thread as well. Only the look-up
of a name cannot be cut; such a thread ends when the resolver gives up, and connects to nothing.
"""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests
import urllib3

from job.network.web.line import Line, own
from job.network.web.sessions import session

_MOST_BYTES = 65536
_MOST_REDIRECTS = 10


class NoAnswerError(Exception):
    """There was no answer that could be used, and why; whether the server acted is open."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, and the URL that it is from."""

    url: str
    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever its bytes are."""
        return self.body.decode(errors="replace")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for. With `most_bytes` 0 the body is not read, and may be of any size."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    follow: bool = False
    """Whether redirects are followed; otherwise they are answers."""
    most_bytes: int = _MOST_BYTES


def ask(request: Request, *, limit_s: float) -> Answer:
    """Send a request, by the proxies of the environment. Raises NoAnswerError within the limit."""
    line, future = Line(), Future[Answer]()

    def work() -> None:
        own.line = line
        try:
            # Its own time-outs come later, so that it is always the limit that is told.
            future.set_result(_exchange(request, 2 * limit_s))
        except Exception as error:  # noqa: BLE001 - it is raised where the answer is waited for
            future.set_exception(error)

    threading.Thread(target=work, name="web", daemon=True).start()
    try:
        return future.result(limit_s)
    except TimeoutError:
        raise NoAnswerError(f"no answer within {limit_s:g} s") from None
    except requests.exceptions.ProxyError as error:
        raise NoAnswerError(str(error)) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise NoAnswerError(f"no answer, {_cause(error)}") from error
    finally:
        line.cut()


def _exchange(request: Request, timeout_s: float) -> Answer:
    with session() as client:
        url = request.url
        for _ in range(_MOST_REDIRECTS):
            with _send(client, request, url, timeout_s) as answer:
                target = request.follow and client.get_redirect_target(answer)
                if not target:
                    return _read(answer, request.most_bytes)
                url = urljoin(url, target)
    raise requests.TooManyRedirects(f"more than {_MOST_REDIRECTS} redirects")


def _send(
    client: requests.Session, request: Request, url: str, timeout_s: float
) -> requests.Response:
    """Send to one URL. Session.send would read the body of a redirect, whatever its size."""
    # A compressed answer has no size until it is unpacked.
    headers = {"Accept-Encoding": "identity", **request.headers}
    prepared = client.prepare_request(requests.Request(request.method, url, headers=headers))
    return client.get_adapter(url).send(prepared, timeout=timeout_s, stream=True)


def _read(answer: requests.Response, most_bytes: int) -> Answer:
    body = answer.raw.read(most_bytes + 1, decode_content=False) if most_bytes else b""
    if len(body) > most_bytes:
        raise requests.exceptions.ContentDecodingError(f"it is longer than {most_bytes} bytes")
    return Answer(url=answer.url, status=answer.status_code, body=body)


def _cause(error: BaseException) -> str:
    """Return the first error of a chain; the wrappers around it tell addresses of objects."""
    while error.__context__:
        error = error.__context__
    return f"{type(error).__name__}: {error}"
