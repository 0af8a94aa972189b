"""Request: send a request and wait for the answer, within a total time limit.

The time-outs of `requests` restart at each byte, so a server that sends one byte a second would
block for ever. Here a thread makes the request. At the limit the caller stops waiting and cuts the
connection, which ends the thread. Only a name lookup cannot be cut: its thread ends when the
resolver times out, and then connects to nothing.
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
    """No usable answer, with the reason. The server may have acted all the same."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A complete answer, and the URL that gave it."""

    url: str
    status: int
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text. Bytes that are not UTF-8 become U+FFFD."""
        return self.body.decode(errors="replace")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request. With `most_bytes` 0 the body is not read and may have any size."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    follow: bool = False
    """Follow redirects; otherwise return them as answers."""
    most_bytes: int = _MOST_BYTES


def ask(request: Request, *, limit_s: float) -> Answer:
    """Send a request through the environment's proxies. Raises NoAnswerError within the limit."""
    line, future = Line(), Future[Answer]()

    def work() -> None:
        own.line = line
        try:
            # Longer than the limit, so that the error always names the limit.
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
    """Send to one URL. Session.send would read a redirect's body without a size limit."""
    # The size of a compressed answer is unknown until it is unpacked.
    headers = {"Accept-Encoding": "identity", **request.headers}
    prepared = client.prepare_request(requests.Request(request.method, url, headers=headers))
    return client.get_adapter(url).send(prepared, timeout=timeout_s, stream=True)


def _read(answer: requests.Response, most_bytes: int) -> Answer:
    body = answer.raw.read(most_bytes + 1, decode_content=False) if most_bytes else b""
    if len(body) > most_bytes:
        raise requests.exceptions.ContentDecodingError(f"it is longer than {most_bytes} bytes")
    return Answer(url=answer.url, status=answer.status_code, body=body)


def _cause(error: BaseException) -> str:
    """Describe the first error of a chain. The outer ones print addresses of objects."""
    while error.__context__:
        error = error.__context__
    return f"{type(error).__name__}: {error}"
