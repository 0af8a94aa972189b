"""Options: which are refused before the stack is read."""

import pytest

from host.errors import RefusedError
from job.cli import main
from job.network.tunnel import options as module
from job.network.tunnel.options import Options, refuse


def test_it_needs_root(monkeypatch):
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    with pytest.raises(RefusedError, match="routing needs root; example: sudo"):
        refuse(Options(), {})


@pytest.mark.parametrize("flag", ["--netns", "--probe-from"])
def test_a_namespace_that_is_not_there_is_refused(flag, monkeypatch, capsys):
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    assert main(["tunnel", "--stack", "ci", flag, "/nonexistent"]) == 2
    assert capsys.readouterr().err == f"{flag}: there is no /nonexistent\n"


@pytest.mark.parametrize("given", ["10.0.3.15", "host:port", "80"])
def test_probe_is_an_address_and_a_port(given, capsys):
    with pytest.raises(SystemExit):
        main(["tunnel", "--stack", "ci", "--probe", given])
    assert "is not HOST:PORT, such as 10.0.3.15:80" in capsys.readouterr().err
