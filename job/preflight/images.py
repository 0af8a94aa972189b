"""Images: whether what the nodes download by URL is there."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import requests
from requests.exceptions import ProxyError

from job import web
from job.preflight.report import Report
from stacks.concealment import conceal

_TIMEOUT_S = (5, 15)  # to connect, to answer
_PAUSES_S = (1, 3)
# HEAD is not for everybody: some servers do not know it, a signed URL is for one method alone.
_NO_HEAD = {HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
_ABSENT = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
}


def check(urls: Mapping[str, str], sleep: Callable[[float], object]) -> Report:
    """Look at each URL, by the setting that it is from."""
    report = Report()
    for key, url in urls.items():
        # A file is one of the nodes.
        if url.startswith(("http://", "https://")):
            _look(key, url, sleep, report)
    return report


def _look(key: str, url: str, sleep: Callable[[float], object], report: Report) -> None:
    said = ""
    for pause_s in (*_PAUSES_S, 0):
        try:
            status = _status(url)
        except requests.RequestException as error:
            said = str(error) if isinstance(error, ProxyError) else type(error).__name__
        else:
            if status in _ABSENT:
                report.problems.append(
                    f"{key}: {conceal(url)} answers {status}; name an image that everybody may"
                    " download"
                )
                return
            if status < HTTPStatus.BAD_REQUEST:
                return
            said = f"{status}"
        if pause_s:
            sleep(pause_s)
    # Not a problem: this machine may be shut off from a host that the nodes do reach.
    report.warnings.append(f"{key}: {conceal(url)} cannot be looked at from here ({said})")


def _status(url: str) -> int:
    session = web.session()
    status = session.head(url, allow_redirects=True, timeout=_TIMEOUT_S).status_code
    if status not in _NO_HEAD:
        return status
    with session.get(
        url, headers={"Range": "bytes=0-0"}, stream=True, timeout=_TIMEOUT_S
    ) as answer:
        return answer.status_code
