"""Sessions: how every part of the job reaches a host, with the proxies of the environment.

`HTTPS_PROXY`, `NO_PROXY` and the like are read as `requests` reads them, in both cases. Two things
differ, as they do in the engine and its plugins, which are written in Go: what is on this machine,
and Google's metadata server, are never asked through a proxy, whatever NO_PROXY says. The machine's
own certificate authorities count beside those that come with `requests`, and ~/.netrc does not
count: its passwords would take the place of our tokens.
"""

import os
import ssl
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidSchema, ProxyError
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from job.network.web.line import FollowedAdapter

_METADATA = {"metadata.google.internal", "metadata", "169.254.169.254"}
_METADATA_VARIABLES = ("GCE_METADATA_HOST", "GCE_METADATA_IP")
_BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXYS_OWN = (ProxyError, InvalidSchema)
_PROXY_SCHEMES = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"}


def session() -> requests.Session:
    """A session for any host, without credentials."""
    return prepare(requests.Session())


def prepare(made: requests.Session) -> requests.Session:
    """Let a session, which may be of Google's own class, reach hosts as this module says."""
    # The adapter reads the environment, and nothing else does: no ~/.netrc.
    made.trust_env = False
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    return made


def is_near(url: str) -> bool:
    """Tell whether no proxy may stand between us and a URL's host."""
    host = urlsplit(url).hostname or ""
    metadata = {os.environ.get(name, "").partition(":")[0] for name in _METADATA_VARIABLES}
    if host == "localhost" or host in _METADATA | (metadata - {""}):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Adapter(FollowedAdapter):
    """Reads the environment anew for each request, since a redirection may lead elsewhere."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=_authorities(), **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_authorities(), **options)

    def send(
        self, request: requests.PreparedRequest, *arguments: Any, **options: Any
    ) -> requests.Response:
        """Raises requests.RequestException, which never holds the password of a proxy."""
        url = request.url or ""
        proxy = None if is_near(url) else select_proxy(url, get_environ_proxies(url))
        if proxy and "://" not in proxy:
            proxy = f"http://{proxy}"
        shown = _masked(proxy) if proxy else ""
        options["proxies"] = {urlsplit(url).scheme: proxy} if proxy else {}
        options["verify"] = next(filter(None, map(os.environ.get, _BUNDLE_VARIABLES)), True)
        if proxy and not shown:
            text = f"{_variable(url)}: the proxy *** cannot be used: its URL is malformed"
            raise ProxyError(text, request=request)
        try:
            return super().send(request, *arguments, **options)
        except (requests.ConnectionError, InvalidSchema) as error:
            # Of a SOCKS proxy, everything that goes wrong is a connection that was not made.
            if not proxy or not (isinstance(error, _PROXYS_OWN) or proxy.startswith("socks")):
                raise
            text = f"{_variable(url)}: the proxy {shown} cannot be used: {_cause(error)}"
            raise ProxyError(text, request=request) from None


@cache
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


def _variable(url: str) -> str:
    """The variable that names the proxy of a URL."""
    names = [f"{kind}_proxy" for kind in (urlsplit(url).scheme, "all")]
    both = [spelling for name in names for spelling in (name, name.upper())]
    return next(filter(os.environ.get, both), both[1])


def _masked(proxy: str) -> str:
    """A proxy's URL without user and password; empty if it is none that can be used."""
    try:
        parts = parse_url(proxy)
    except LocationParseError:
        return ""
    if not parts.host or parts.scheme not in _PROXY_SCHEMES:
        return ""
    return parts._replace(auth="***" if parts.auth else None, path=None, query=None).url


def _cause(error: BaseException) -> str:
    """What began it; the wrappers around it tell addresses of objects."""
    while error.__context__:
        error = error.__context__
    reason = getattr(error, "strerror", None) or str(error)
    return " ".join(reason.split())
