"""Command: remote commands over ssh, on a server on loopback."""

import socket
import threading

import asyncssh
import grpc
import pytest

from localcloud.plugins.values import UNKNOWN, Secret
from tests.patience import FOREVER_S
from tests.unit.localcloud.plugins.plugin_process import failure
from tests.unit.localcloud.plugins.ssh_server import (
    PASSWORD,
    USER_KEY,
    SshServer,
    private,
    public_text,
)

REMOTE = "command:remote:Command"
OTHER_KEY = asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture(scope="module")
def server():
    started = SshServer(accepts=("COLOUR", "PULUMI_COMMAND_STDOUT"))
    yield started
    started.close()


def run(command, connection, create="echo out; echo err >&2", **more):
    """Check and create, as the engine does; return the outputs."""
    inputs, failures = command.check(REMOTE, {"connection": connection, "create": create, **more})
    assert not failures
    return command.create(REMOTE, inputs)[1]


def test_a_command_runs_over_there(command, server):
    """Both streams come back without their last newline."""
    outputs = run(command, server.connection())
    assert (outputs["stdout"], outputs["stderr"]) == ("out", "err")


def test_stdin_and_accepted_variables_reach_it(command, server):
    """The server drops variables that its AcceptEnv does not list."""
    outputs = run(
        command,
        server.connection(),
        'cat; echo "$COLOUR/$OTHER"',
        stdin="from stdin\n",
        environment={"COLOUR": "green", "OTHER": "lost"},
    )
    assert outputs["stdout"] == "from stdin\ngreen/"


def test_the_connection_is_secret_and_has_defaults(command):
    """It is secret as a whole, since it contains a key."""
    checked, failures = command.check(REMOTE, {"connection": {"host": "h", "privateKey": "k"}})
    assert failures == {}
    assert checked["connection"] == Secret(
        {
            "host": "h",
            "privateKey": "k",
            "user": "root",
            "port": 22,
            "dialErrorLimit": 10,
            "perDialTimeout": 15,
        }
    )


def test_a_connection_may_be_unknown_in_a_preview(command):
    """The host is often an output of an instance."""
    for connection in (UNKNOWN, {"host": UNKNOWN, "user": "cloud"}):
        checked, failures = command.check(REMOTE, {"connection": connection, "create": "true"})
        assert failures == {}
        assert command.create(REMOTE, checked, preview=True)[1]["stdout"] is UNKNOWN


@pytest.mark.parametrize(
    ("inputs", "failures"),
    [
        ({}, {"connection": "missing required field 'connection'"}),
        ({"connection": {}}, {"connection.host": "missing required field 'host'"}),
        ({"connection": "h"}, {"connection": "expected object, got str"}),
        (
            {"connection": {"host": "h", "hostkey": "k"}},
            {"connection.hostkey": "no such input; did you mean connection.hostKey?"},
        ),
        (
            {"connection": {"host": "h", "proxy": {"host": "p"}}},
            {"connection.proxy": "a proxy is not carried by this stand-in"},
        ),
        (
            {"connection": {"host": "h", "dialErrorLimit": "3"}},
            {"connection.dialErrorLimit": "expected int, got str"},
        ),
    ],
)
def test_check_refuses_what_it_does_not_carry(command, inputs, failures):
    """The error names the input."""
    assert command.check(REMOTE, inputs)[1] == failures


def test_a_failing_command_is_reported_in_the_real_words(command, server):
    """The text of Go's ssh package, and the command's output."""
    with pytest.raises(grpc.RpcError) as raised:
        run(command, server.connection(), "echo reason; exit 4")
    assert failure(raised) == (
        'Process exited with status 4: running "echo reason; exit 4":\nreason\n'
    )


def test_a_password_gets_in(command, server):
    """A connection without a key uses its password."""
    connection = server.connection(privateKey=None, password=PASSWORD)
    assert run(command, connection)["stdout"] == "out"


def test_an_encrypted_key_gets_in_with_its_passphrase(command, server):
    """Without the passphrase, the key is refused before any connection attempt."""
    key = private(USER_KEY, "open sesame")
    connection = server.connection(privateKey=key, privateKeyPassword="open sesame")
    assert run(command, connection)["stdout"] == "out"
    with pytest.raises(grpc.RpcError) as raised:
        run(command, server.connection(privateKey=key))
    assert failure(raised) == "ssh: this private key is passphrase protected"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"privateKey": "nonsense"}, "ssh: no key found"),
        ({"hostKey": "nonsense"}, "failed to parse host key: ssh: no key found"),
    ],
)
def test_a_key_that_is_none_is_refused_at_once(command, server, change, text):
    """Retries cannot make it valid."""
    with pytest.raises(grpc.RpcError) as raised:
        run(command, server.connection(dialErrorLimit=-1, **change))
    assert failure(raised) == text


def test_another_host_key_is_no_connection(command, server):
    """Like the real plugin, it retries up to the limit."""
    connection = server.connection(hostKey=public_text(OTHER_KEY), dialErrorLimit=1)
    before = len(command.engine.statuses)
    with pytest.raises(grpc.RpcError) as raised:
        run(command, connection)
    assert failure(raised) == (
        "after 1 failed attempts: ssh: handshake failed: ssh: host key mismatch"
    )
    assert command.engine.statuses[before:] == ["Dial 1/1 failed: retrying"]


def test_without_a_host_key_any_is_taken(command, server):
    """The real plugin's default; our program always sets a host key."""
    assert run(command, server.connection(hostKey=None))["stdout"] == "out"


def test_a_refused_key_names_the_methods(command, server):
    """The text is that of Go's ssh package."""
    with pytest.raises(grpc.RpcError) as raised:
        run(command, server.connection(privateKey=private(OTHER_KEY)))
    assert failure(raised) == (
        "after 0 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted"
        " methods [none publickey], no supported methods remain"
    )


def test_a_server_that_is_not_there_is_dialled_again(command, server):
    """An instance needs time to boot."""
    server.stop()
    threading.Timer(0.5, server.start).start()
    before = len(command.engine.statuses)
    outputs = run(command, server.connection(dialErrorLimit=-1), "echo up")
    assert outputs["stdout"] == "up"
    assert command.engine.statuses[before] == "Dial 1/inf failed: retrying"


def test_a_closed_port_is_reported_as_go_does(command):
    """The error comes after the permitted number of attempts."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        connection = {"host": "127.0.0.1", "port": port, "dialErrorLimit": 2}
        with pytest.raises(grpc.RpcError) as raised:
            run(command, connection)
    assert failure(raised) == (
        f"after 2 failed attempts: dial tcp 127.0.0.1:{port}: connect: connection refused"
    )


def test_a_silent_server_is_given_up_after_the_dial_timeout(command):
    """A port that accepts connections but sends nothing must not block the update for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        connection = {"host": "127.0.0.1", "port": port, "dialErrorLimit": 0, "perDialTimeout": 1}
        with pytest.raises(grpc.RpcError) as raised:
            run(command, connection)
    assert "i/o timeout" in failure(raised)


def test_the_engines_timeout_ends_the_dialling(command):
    """custom_timeouts limit the whole call, however many attempts are permitted."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connection = {
            "host": "127.0.0.1",
            "port": unused.getsockname()[1],
            "user": "u",
            "dialErrorLimit": -1,
            "perDialTimeout": 15,
        }
        with pytest.raises(grpc.RpcError) as raised:
            command.create(REMOTE, {"connection": connection, "create": "true"}, timeout_s=1)
    assert failure(raised) == "context deadline exceeded"


def test_cancel_ends_a_remote_command(make_command, server):
    """Ctrl-C must not wait for a node's verdict."""
    plugin = make_command()
    timer = plugin.cancel_soon(1)
    with pytest.raises(grpc.RpcError) as raised:
        run(plugin, server.connection(), f"sleep {FOREVER_S}")
    timer.join()
    assert failure(raised) == "context canceled"


def test_an_update_sees_the_output_before(command, server):
    """It needs a server that accepts the variable."""
    connection = Secret(server.connection())
    state = {"connection": connection, "create": "echo a", "stdout": "a", "stderr": ""}
    news = {"connection": connection, "create": "exit 1", "update": "echo $PULUMI_COMMAND_STDOUT b"}
    assert command.update(REMOTE, "id", state, news)["stdout"] == "a b"


def test_delete_runs_over_there_and_only_if_asked(command, server, tmp_path):
    """Without a delete command nothing connects, so a destroy works when the node is dead."""
    gone = tmp_path / "gone"
    state = {"connection": Secret(server.connection()), "delete": f"touch {gone}"}
    command.delete(REMOTE, "id", {**state, "stdout": "", "stderr": ""})
    assert gone.exists()
    dead = {"connection": Secret({"host": "127.0.0.1", "port": 1}), "create": "true"}
    command.delete(REMOTE, "id", {**dead, "stdout": "", "stderr": ""})


def test_lines_are_shown_while_the_command_runs(command, server):
    """They show the operator a node's progress."""
    before = len(command.engine.statuses)
    run(command, server.connection(), "echo one; sleep 0.2; echo two >&2")
    assert command.engine.statuses[before:] == ["one", "two"]
