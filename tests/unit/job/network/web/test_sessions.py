"""Sessions: which requests use a proxy, and the errors when it fails."""

import datetime as dt
import socket
import ssl
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from job.network.web import sessions
from tests.proxies import Proxy

KINDS = ("http", "https", "all", "no")


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """Remove this machine's proxy variables."""
    for name in [f"{kind}_proxy" for kind in KINDS]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GCE_METADATA_HOST", "GCE_METADATA_IP"):
        monkeypatch.delenv(name, raising=False)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{self.headers.get('Authorization')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def start():
    """Start a server on loopback that answers with the request's Authorization header."""
    started = []

    def make(context=None):
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        started.append((server, thread))
        return server.server_port

    yield make
    for server, thread in started:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def proxy(start):
    with Proxy(start()) as running:
        yield running


def get(url):
    return sessions.session().get(url, timeout=60)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_the_proxy_of_a_variable_is_used(proxy, monkeypatch, variable):
    monkeypatch.setenv(variable, f"http://{proxy.address}")

    assert get("http://devstack.invalid/a").status_code == 200
    assert proxy.asked == ["GET http://devstack.invalid/a"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.8.7", "localhost", "[::1]", "metadata.google.internal"]
)
def test_this_machine_and_the_metadata_server_are_never_asked_through_a_proxy(
    proxy, monkeypatch, host
):
    """As in Go. A proxy could not reach the right server."""
    monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(requests.RequestException):
            get(f"http://{host}:{port}/")

    assert proxy.asked == []


@pytest.mark.parametrize("variable", ["GCE_METADATA_HOST", "GCE_METADATA_IP"])
def test_another_metadata_server_is_no_less_near(monkeypatch, variable):
    monkeypatch.setenv(variable, "devstack.invalid:8080")

    assert sessions.is_near("http://devstack.invalid:8080/computeMetadata/v1/")


@pytest.mark.parametrize(
    ("taken_out", "url", "is_used"),
    [
        ("devstack.invalid", "http://devstack.invalid/", False),
        (".invalid", "http://devstack.invalid/", False),
        ("other.invalid", "http://devstack.invalid/", True),
        ("*", "http://devstack.invalid/", False),
        ("192.0.2.0/24", "http://192.0.2.7/", False),
        ("192.0.2.0/24", "http://198.51.100.7/", True),
    ],
)
def test_hosts_are_taken_out_by_name_domain_and_network(
    proxy, monkeypatch, taken_out, url, is_used
):
    def refuse(*_, **__):
        raise OSError("no test reaches another machine")

    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    for variable in ("no_proxy", "NO_PROXY"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, taken_out)
            if not is_used:
                patch.setattr("urllib3.util.connection.create_connection", refuse)
            with nullcontext() if is_used else pytest.raises(requests.ConnectionError):
                get(url)

    assert len(proxy.asked) == (2 if is_used else 0)


def test_a_proxy_is_told_who_asks(proxy, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://user:secret@{proxy.address}")
    get("http://devstack.invalid/")

    assert proxy.authorizations == ["Basic dXNlcjpzZWNyZXQ="]


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("HTTPS_PROXY", "http://user:secret@127.0.0.1:1", "http://***@127.0.0.1:1 "),
        ("https_proxy", "user:secret@127.0.0.1:1", "http://***@127.0.0.1:1 "),
        ("ALL_PROXY", "http://secret@127.0.0.1:1", "http://***@127.0.0.1:1 "),
        ("HTTPS_PROXY", "socks5://user:secret@127.0.0.1:1", "socks5://***@127.0.0.1:1 "),
        ("HTTPS_PROXY", "http://user:sec ret@127.0.0.1:1x", "*** cannot be used: its URL is malf"),
        ("HTTPS_PROXY", "ftp://user:secret@192.0.2.1", "*** cannot be used: its URL is malformed"),
        ("HTTPS_PROXY", "http://user:secret@", "*** cannot be used: its URL is malformed"),
    ],
)
def test_a_proxy_that_does_not_work_is_named_without_its_password(
    monkeypatch, variable, value, line
):
    monkeypatch.setenv(variable, value)

    with pytest.raises(requests.exceptions.ProxyError) as raised:
        get("https://devstack.invalid/")
    text = f"{raised.value} {raised.value!r}"
    assert text.startswith(f"{variable}: the proxy {line}")
    assert "secret" not in text


def test_a_proxy_that_refuses_says_why(start, monkeypatch):
    with Proxy(start(), refuses=407) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@{proxy.address}")
        with pytest.raises(requests.exceptions.ProxyError, match="407 Proxy Auth") as raised:
            get("https://devstack.invalid/")

    assert "secret" not in str(raised.value)


@pytest.fixture
def authority(tmp_path):
    """A self-signed certificate for devstack.invalid, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "devstack.invalid")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("devstack.invalid")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "authority.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_https_goes_through_the_proxy_and_trusts_what_the_machine_trusts(
    start, monkeypatch, authority, variable
):
    """The engine reads SSL_CERT_FILE, which may have the certificates of a company's proxy."""
    monkeypatch.setenv(variable, str(authority))
    sessions._authorities.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with Proxy(start(context)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        with sessions.session() as session:
            assert session.get("https://devstack.invalid/", timeout=60).status_code == 200

    sessions._authorities.cache_clear()
    assert proxy.asked == ["CONNECT devstack.invalid:443"]


def test_passwords_of_netrc_do_not_take_the_place_of_a_token(start, monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("default login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)
    answer = sessions.session().get(
        f"http://127.0.0.1:{start()}/", headers={"Authorization": "Bearer t"}, timeout=60
    )

    assert answer.text == "Bearer t"
