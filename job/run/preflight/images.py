"""Images: check that the URLs which the nodes download exist."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from job.network.web.request import NoAnswerError, Request, ask
from job.run.preflight.findings import Report
from stacks.concealment import conceal

_LIMIT_S = 10.0
_PAUSES_S = (1, 3)
# GET, not HEAD: some servers do not support HEAD, and a signed URL allows a single method.
_NO_HEAD = {HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
_ABSENT = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
}


def check(urls: Mapping[str, str], sleep: Callable[[float], object]) -> Report:
    """Check each URL. Findings name its setting."""
    report = Report()
    for key, url in urls.items():
        # A file URL means a file on the node.
        if url.startswith(("http://", "https://")):
            _look(key, url, sleep, report)
    return report


def _look(key: str, url: str, sleep: Callable[[float], object], report: Report) -> None:
    said = ""
    for pause_s in (*_PAUSES_S, 0):
        try:
            status = _status(url)
        except NoAnswerError as error:
            said = str(error)
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
    # A warning only: the nodes may reach a host that this machine cannot.
    report.warnings.append(f"{key}: {conceal(url)} cannot be looked at from here ({said})")


def _status(url: str) -> int:
    status = _ask("HEAD", url)
    return _ask("GET", url, Range="bytes=0-0") if status in _NO_HEAD else status


def _ask(method: str, url: str, **headers: str) -> int:
    # Some servers ignore ranges and send the whole image.
    request = Request(method=method, url=url, headers=headers, follow=True, most_bytes=0)
    return ask(request, limit_s=_LIMIT_S).status
