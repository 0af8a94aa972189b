"""Probe: only a received byte counts as an answer, not a connection."""

import socket
import subprocess
import sys
import threading

from job.network.tunnel import probe as module
from job.network.tunnel.probe import Verdict, probe


def test_a_service_that_greets_has_answered(service):
    assert probe(*service, 5) is Verdict.ANSWERED


def test_it_runs_alone_without_this_package(service, tmp_path):
    """In another namespace, only this file is started."""
    host, port = service
    done = subprocess.run(
        [sys.executable, "-I", module.__file__, host, str(port), "5"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout == "answered\n"


def test_silence_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert probe(*server.getsockname(), 0.2) is Verdict.SILENT


def test_nobody_there_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    assert probe(*address, 0.5) is Verdict.UNREACHABLE


def test_an_end_without_a_byte_is_a_service_that_is_down():
    """sshuttle accepts the connection, then closes it when the other side refuses."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse():
            connection, _ = server.accept()
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        assert probe(*server.getsockname(), 5) is Verdict.CLOSED
        thread.join()
