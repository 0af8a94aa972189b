"""Request: one time limit for the whole request, and a connection that is closed at its end."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from job.network.web.request import NoAnswerError, Request, ask

# Far above the requests' limits, and far below the time of a dripping answer.
PATIENCE_S = 30
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def site(monkeypatch):
    """A server with paths for an endless body, a redirect, a redirect loop, and short answers."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path in {"/redirect", "/loop"}:
                self.send_response(302)
                self.send_header("Location", {"/redirect": "/"}.get(self.path, self.path))
            else:
                self.send_response(404 if self.path == "/none" else 200)
            self.end_headers()
            words = [b"words"] if self.path in {"/", "/none"} else [b"x" * 65536] * 100
            try:
                for each in words:
                    self.wfile.write(each)
            except OSError:
                self.server.cut_off.set()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.cut_off = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def give_up(url, *, limit_s=0.3, **options):
    """Make a request that must fail in time; return its error."""
    began = time.monotonic()
    with pytest.raises(NoAnswerError) as raised:
        ask(Request(method="GET", url=url, **options), limit_s=limit_s)
    assert time.monotonic() - began < PATIENCE_S
    return str(raised.value)


@pytest.mark.parametrize("most_bytes", [0, 65536])
@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (b"", b"HTTP/1.1 200 OK " + b"x" * 1200),
        (OK, b"X-Header: x\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Content-Length: 1200\r\n\r\n", b"x"),
        (OK + b"\r\n", b"x"),
    ],
    ids=["status", "headers", "continue", "chunks", "body", "body without length"],
)
def test_whatever_drips_is_given_up_and_cut_off(dripper, first, rest, most_bytes):
    """For a caller that ignores the body, the answer is complete after the headers."""
    server = dripper(first, rest)
    url = f"http://{server.address}/"
    if most_bytes or b"\r\n\r\n" not in first:
        assert give_up(url, most_bytes=most_bytes) == "no answer within 0.3 s"
    else:
        request = Request(method="GET", url=url, most_bytes=0)
        assert ask(request, limit_s=PATIENCE_S).status == 200

    assert server.cut_off.wait(PATIENCE_S)


def test_a_tls_handshake_that_drips_is_cut_off(dripper):
    # The header of a long TLS record, which any bytes may follow.
    server = dripper(b"\x16\x03\x03\x10\x00", b"x")
    assert give_up(f"https://{server.address}/") == "no answer within 0.3 s"
    assert server.cut_off.wait(PATIENCE_S)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_drips_is_cut_off(dripper, monkeypatch, scheme):
    """With https, the proxy's answer to CONNECT drips."""
    server = dripper(b"", b"HTTP/1.1 200 OK" + b"x" * 1200)
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    for variable in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
        monkeypatch.setenv(variable, f"http://{server.address}")

    # Not a local address, since those bypass the proxy.
    assert give_up(f"{scheme}://cloud.invalid/") == "no answer within 0.3 s"
    assert server.cut_off.wait(PATIENCE_S)


def test_threads_do_not_pile_up(dripper):
    server = dripper(OK, b"X-Header: x\r\n")
    for _ in range(3):
        give_up(f"http://{server.address}/")
    deadline = time.monotonic() + PATIENCE_S
    while [each for each in threading.enumerate() if each.name == "web"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_name_that_is_looked_up_for_ever_is_given_up_and_connects_to_nothing(monkeypatch, site):
    found, real = threading.Event(), socket.getaddrinfo

    def look_up(*arguments, **options):
        found.wait(PATIENCE_S)
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    before = {each for each in threading.enumerate() if each.name == "web"}
    assert give_up(site.url) == "no answer within 0.3 s"
    [thread] = {each for each in threading.enumerate() if each.name == "web"} - before
    found.set()
    thread.join(PATIENCE_S)

    assert not thread.is_alive()


def test_an_answer_without_end_is_no_answer(site):
    assert "it is longer than 65536 bytes" in give_up(f"{site.url}/endless", limit_s=PATIENCE_S)
    assert site.cut_off.wait(PATIENCE_S)


@pytest.mark.parametrize("path", ["/", "/redirect"])
def test_a_redirect_is_followed_when_asked_for(site, path):
    answer = ask(Request(method="GET", url=site.url + path, follow=True), limit_s=PATIENCE_S)

    assert (answer.url, answer.status, answer.text) == (f"{site.url}/", 200, "words")


def test_otherwise_a_redirect_is_the_answer(site):
    request = Request(method="GET", url=f"{site.url}/redirect", most_bytes=0)

    assert ask(request, limit_s=PATIENCE_S).status == 302


def test_redirects_in_a_circle_are_no_answer(site):
    assert "more than 10 redirects" in give_up(f"{site.url}/loop", follow=True, limit_s=PATIENCE_S)


def test_a_bad_status_is_an_answer_all_the_same(site):
    answer = ask(Request(method="GET", url=f"{site.url}/none"), limit_s=PATIENCE_S)

    assert (answer.status, answer.text) == (404, "words")
