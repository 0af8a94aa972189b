"""Sessions: HTTP sessions that use the proxies of the environment.

`HTTPS_PROXY`, `NO_PROXY` and the like are read as `requests` reads them, in upper and lower case.
As in the engine and its plugins, which are written in Go, loopback addresses and Google's metadata
server are always reached directly, whatever NO_PROXY says. The machine's certificate authorities
are trusted beside those of `requests`. ~/.netrc is ignored: its passwords would replace our tokens.
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
    """Return a session for any host, without credentials."""
    return prepare(requests.Session())


def prepare(made: requests.Session) -> requests.Session:
    """Apply this module's rules to a session, which may be of Google's class."""
    # Only the adapter reads the environment, so ~/.netrc is not used.
    made.trust_env = False
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    return made


def is_near(url: str) -> bool:
    """Tell whether a URL's host must be reached without a proxy."""
    host = urlsplit(url).hostname or ""
    metadata = {os.environ.get(name, "").partition(":")[0] for name in _METADATA_VARIABLES}
    if host == "localhost" or host in _METADATA | (metadata - {""}):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _Adapter(FollowedAdapter):
    """Looks the proxy up for each request, since a redirect may lead to another host."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=_authorities(), **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_authorities(), **options)

    def send(
        self, request: requests.PreparedRequest, *arguments: Any, **options: Any
    ) -> requests.Response:
        """Send a request. Raises requests.RequestException, never with a proxy's password."""
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
            # With a SOCKS proxy, every failure is a ConnectionError.
            if not proxy or not (isinstance(error, _PROXYS_OWN) or proxy.startswith("socks")):
                raise
            text = f"{_variable(url)}: the proxy {shown} cannot be used: {_cause(error)}"
            raise ProxyError(text, request=request) from None


@cache
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


def _variable(url: str) -> str:
    """Return the variable that names the proxy of a URL."""
    names = [f"{kind}_proxy" for kind in (urlsplit(url).scheme, "all")]
    both = [spelling for name in names for spelling in (name, name.upper())]
    return next(filter(os.environ.get, both), both[1])


def _masked(proxy: str) -> str:
    """Return a proxy's URL with user and password masked; empty if it is unusable."""
    try:
        parts = parse_url(proxy)
    except LocationParseError:
        return ""
    if not parts.host or parts.scheme not in _PROXY_SCHEMES:
        return ""
    return parts._replace(auth="***" if parts.auth else None, path=None, query=None).url


def _cause(error: BaseException) -> str:
    """Describe the first error of a chain. The outer ones print addresses of objects."""
    while error.__context__:
        error = error.__context__
    reason = getattr(error, "strerror", None) or str(error)
    return " ".join(reason.split())
