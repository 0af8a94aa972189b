"""Command: local commands in the plugin's own process, called as the engine calls it."""

from pathlib import Path

import grpc
import pytest

from localcloud.plugins.values import UNKNOWN, Secret
from tests.patience import FOREVER_S
from tests.unit.localcloud.plugins.plugin_process import failure

LOCAL = "command:local:Command"


def test_create_gives_both_streams_without_the_last_newline(command):
    """One newline is removed, as by $(); the others belong to the output."""
    _, outputs = command.create(LOCAL, {"create": "echo out; echo; echo err >&2"})
    assert outputs == {
        "create": "echo out; echo; echo err >&2",
        "stdout": "out\n",
        "stderr": "err",
    }


def test_ids_start_with_the_logical_name(command):
    """They are unique, since the same command may exist twice."""
    ids = {command.create(LOCAL, {})[0] for _ in range(2)}
    assert len(ids) == 2
    assert {len(found) for found in ids} == {len("it") + 8}
    assert all(found.startswith("it") for found in ids)


def test_a_preview_runs_nothing_and_knows_no_output(command, tmp_path):
    """A preview must not have side effects."""
    ran = tmp_path / "ran"
    _, outputs = command.create(LOCAL, {"create": f"touch {ran}"}, preview=True)
    assert (outputs["stdout"], outputs["stderr"]) == (UNKNOWN, UNKNOWN)
    assert not ran.exists()


def test_stdin_directory_environment_and_interpreter_reach_the_command(command, tmp_path):
    """These are all inputs that a command can receive."""
    inputs = {
        "create": "import os, sys; print(sys.stdin.read(), os.getcwd(), os.environ['COLOUR'])",
        "interpreter": ["python3", "-c"],
        "stdin": "from stdin",
        "dir": str(tmp_path),
        "environment": {"COLOUR": "green"},
    }
    assert command.create(LOCAL, inputs)[1]["stdout"] == f"from stdin {tmp_path} green"


def test_a_failing_command_is_reported_in_the_real_words(command):
    """Go's text for the status, the command formatted as %q, and both streams in order."""
    with pytest.raises(grpc.RpcError) as raised:
        command.create(LOCAL, {"create": "echo one; echo two >&2; exit 3"})
    assert failure(raised).startswith('exit status 3: running "echo one; echo two >&2; exit 3":\n')
    assert sorted(failure(raised).splitlines()[1:]) == ["one", "two"]


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"create": "true", "dir": "/nowhere"}, "chdir /nowhere: no such file or directory"),
        (
            {"create": "x", "interpreter": ["no-such-program"]},
            'exec: "no-such-program": executable file not found in $PATH',
        ),
        (
            {"create": "x", "interpreter": ["/no/program"]},
            "fork/exec /no/program: no such file or directory",
        ),
        ({"create": "kill -TERM $$"}, "signal: terminated"),
    ],
    ids=["directory", "program", "path", "signal"],
)
def test_a_command_that_cannot_run_says_why(command, inputs, text):
    """People search the web for Go's error texts."""
    with pytest.raises(grpc.RpcError) as raised:
        command.create(LOCAL, inputs)
    assert failure(raised).startswith(f"{text}: running ")


def test_update_runs_update_or_else_create_with_the_previous_output(command):
    """The outputs are those of the new run."""
    state = {"create": "echo first", "stdout": "first", "stderr": "oops"}
    show = 'echo "$PULUMI_COMMAND_STDOUT/$PULUMI_COMMAND_STDERR/${0##*/}"'
    updated = command.update(LOCAL, "id", state, {"create": "exit 1", "update": show})
    again = command.update(LOCAL, "id", state, {"create": show})
    assert [updated["stdout"], again["stdout"]] == ["first/oops/sh"] * 2


def test_the_previous_output_is_left_out_on_request(command):
    """With addPreviousOutputInEnv: false."""
    state = {"stdout": Secret("first"), "stderr": ""}
    news = {"create": 'echo "[$PULUMI_COMMAND_STDOUT]"', "addPreviousOutputInEnv": False}
    assert command.update(LOCAL, "id", state, news)["stdout"] == "[]"


def test_a_preview_of_an_update_knows_what_will_not_run_again(command):
    """Unchanged inputs mean no new run; changed inputs make the outputs unknown."""
    state = {"create": "date", "stdout": "now", "stderr": ""}
    old = {"create": "date"}
    same, other = (
        command.update(LOCAL, "id", state, news, old_inputs=old, preview=True)
        for news in (old, {"create": "date -u"})
    )
    assert [same["stdout"], other["stdout"]] == ["now", UNKNOWN]


def test_delete_sees_the_output_and_does_nothing_without_a_command(command, tmp_path):
    """The delete command usually undoes what the create command printed."""
    found = tmp_path / "found"
    state = {"delete": f'printf %s "$PULUMI_COMMAND_STDOUT" > {found}', "stdout": "id-7"}
    command.delete(LOCAL, "id", state)
    command.delete(LOCAL, "id", {"create": "exit 1", "stdout": "", "stderr": ""})
    assert found.read_text() == "id-7"


@pytest.mark.parametrize(
    ("logging", "lines"),
    [
        ("stdout", ["out-stdout"]),
        ("stderr", ["err-stderr"]),
        ("none", []),
    ],
)
def test_logging_selects_the_streams_that_are_shown(command, logging, lines):
    """`none` keeps generated credentials out of the log."""
    tag = logging
    before = len(command.engine.statuses)
    command.create(LOCAL, {"create": f"echo out-{tag}; printf err-{tag} >&2", "logging": logging})
    assert command.engine.statuses[before:] == lines


def test_both_streams_are_shown_unless_said_otherwise(command):
    """The real plugin has the same default."""
    before = len(command.engine.statuses)
    command.create(LOCAL, {"create": "echo out-both; echo err-both >&2"})
    assert sorted(command.engine.statuses[before:]) == ["err-both", "out-both"]


def test_lines_are_shown_while_the_command_runs(command, tmp_path, eventually):
    """A command of 40 minutes must show progress."""
    before = len(command.engine.statuses)
    script = f"echo early; until [ -e {tmp_path}/shown ]; do sleep 0.1; done; echo late"
    future = command.stub.Create.future(command.create_request(LOCAL, {"create": script}))
    eventually(lambda: command.engine.statuses[before:])
    (tmp_path / "shown").touch()
    future.result()
    assert command.engine.statuses[before:] == ["early", "late"]


def test_a_timeout_ends_the_command_and_what_it_started(command, tmp_path):
    """The plugin receives custom_timeouts in seconds."""
    pid = tmp_path / "pid"
    with pytest.raises(grpc.RpcError) as raised:
        command.create(
            LOCAL, {"create": f"sleep {FOREVER_S} & echo $! > {pid}; wait"}, timeout_s=0.5
        )
    assert failure(raised).startswith("signal: killed: running ")
    # A zombie, which init has not reaped yet, has no command line.
    line = Path(f"/proc/{pid.read_text().strip()}/cmdline")
    assert not line.exists() or line.read_bytes() == b""


def test_cancel_ends_a_running_command(make_command):
    """The engine calls Cancel when the operator presses Ctrl-C."""
    plugin = make_command()
    timer = plugin.cancel_soon(0.3)
    with pytest.raises(grpc.RpcError) as raised:
        plugin.create(LOCAL, {"create": f"sleep {FOREVER_S}"})
    timer.join()
    assert failure(raised).startswith("signal: killed: running ")


def test_the_outputs_keep_the_secrets_of_the_inputs(command):
    """A command that contains a secret must not be readable in the state."""
    _, outputs = command.create(LOCAL, {"create": Secret("echo secret"), "stdin": Secret("s")})
    assert outputs == {
        "create": Secret("echo secret"),
        "stdin": Secret("s"),
        "stdout": "secret",
        "stderr": "",
    }


@pytest.mark.parametrize(
    ("inputs", "failures"),
    [
        ({"creat": "true"}, {"creat": "no such input; did you mean create?"}),
        ({"connection": {}}, {"connection": "no such input"}),
        ({"create": 5}, {"create": "expected str, got int"}),
        ({"interpreter": "sh"}, {"interpreter": "expected list, got str"}),
        ({"environment": {"A": True}}, {"environment": "expected str, got bool"}),
        (
            {"logging": "all"},
            {"logging": "'all' is not one of stdout, stderr, stdoutAndStderr, none"},
        ),
        ({"assetPaths": ["*"]}, {"assetPaths": "assets are not carried by this stand-in"}),
    ],
)
def test_check_refuses_what_it_does_not_carry(command, inputs, failures):
    """The error suggests the nearest supported input."""
    assert command.check(LOCAL, inputs)[1] == failures


def test_check_accepts_what_preview_does_not_know(command):
    """An input may be another resource's output."""
    inputs = {"create": UNKNOWN, "environment": {"A": UNKNOWN}, "triggers": [UNKNOWN, 1]}
    assert command.check(LOCAL, inputs) == (inputs, {})


def test_diff_names_what_changed(command):
    """The paths can be parsed by the engine, and nothing is replaced."""
    old = {"create": "a", "environment": {"A": "1", "my.key": "1"}, "stdin": "s"}
    new = {"create": "b", "environment": {"A": "1", "my.key": "2"}, "dir": "/"}
    diff = command.diff(LOCAL, {**old, "stdout": "kept", "stderr": ""}, new, old_inputs=old)
    kinds = {path: change.kind for path, change in diff.detailedDiff.items()}
    assert kinds == {"create": 4, 'environment["my.key"]': 4, "stdin": 2, "dir": 0}
    assert list(diff.replaces) == []


def test_triggers_as_a_whole_replace_and_one_of_them_is_left_to_the_sdk(command):
    """The SDK itself requests replacement for triggers[*]."""
    appearing = command.diff(LOCAL, {"create": "a"}, {"create": "a", "triggers": [1]})
    changing = command.diff(LOCAL, {"triggers": [1]}, {"triggers": [2]})
    assert list(appearing.replaces) == ["triggers"]
    assert (list(changing.replaces), list(changing.detailedDiff)) == ([], ["triggers[0]"])


def test_equal_inputs_are_no_change(command):
    """Secrets are compared by their text."""
    diff = command.diff(LOCAL, {"create": Secret("a")}, {"create": "a"})
    assert diff.changes == diff.DIFF_NONE


def test_other_types_of_the_package_are_refused(command):
    """The stand-in supports no other type."""
    with pytest.raises(grpc.RpcError) as raised:
        command.check("command:remote:CopyToRemote", {})
    assert failure(raised) == (
        "command:remote:CopyToRemote: the stand-in plugin does not carry this type, "
        "only command:local:Command, command:remote:Command"
    )


def test_the_plugin_says_what_it_is(command, eventually):
    """Nobody may mistake it for the real one. The message may come late."""
    said = [0, "command: localcloud's stand-in for the plugin", False]
    eventually(lambda: said in [list(entry) for entry in command.engine.logged])
