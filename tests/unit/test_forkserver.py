"""The fork server's client against the interpreter that it stands for."""

import os
import select
import signal
import subprocess
import sys

import pytest

from tests.patience import FOREVER_S, PATIENCE_S

TELL = "import os, sys; print(sys.argv, sys.path[0], os.getcwd(), os.environ['HERE'], input())"
WAIT = f"import os, time; print(os.getpid(), flush=True); time.sleep({FOREVER_S})"


@pytest.fixture
def client(fork_server):
    return str(fork_server / "bin/python3")


def start(python, *arguments, **options):
    return subprocess.Popen([python, *arguments], stdout=subprocess.PIPE, text=True, **options)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", TELL, "a b", "-c"),
        ("-u", "-c", TELL),
        ("-m", "told", "x"),
        ("told.py", "-m", "y"),
        ("-I", "-c", TELL),
        ("-c", "import sys; sys.exit(3)"),
        ("-c", "import sys; sys.exit('no')"),
        ("-c", "raise ValueError('no')"),
        ("-c", "import os; os.kill(os.getpid(), 9)"),
        ("-c", "import atexit; atexit.register(print, 'at the end')"),
        ("-m", "is_not_there"),
    ],
)
def test_a_program_does_what_it_does_in_the_interpreter(client, tmp_path, arguments):
    (tmp_path / "told.py").write_text(TELL)
    runs = [
        subprocess.run(
            [python, *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "HERE": "here"},
            input="from stdin\n",
            text=True,
            timeout=PATIENCE_S,
        )
        for python in (client, sys.executable)
    ]
    forked, plain = ((run.returncode, run.stdout, run.stderr[-20:]) for run in runs)
    assert forked == plain


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_client_ends_the_program(client, number):
    poll = select.poll()
    with start(client, "-c", WAIT, stderr=subprocess.DEVNULL) as process:
        ended = os.pidfd_open(int(process.stdout.readline()))
        poll.register(ended, select.POLLIN)
        process.send_signal(number)
    assert process.returncode == -number
    assert poll.poll(1000 * PATIENCE_S)
    os.close(ended)
