"""Client: stands where an interpreter is expected, and lets the fork server run the program.

Run as `python -IS client.py ADDRESS INTERPRETER ARGUMENT…`. The program gets this process's
arguments, environment, folder and standard streams, and the signals that it receives. What the
server does not know, such as an option, is left to the interpreter itself.
"""

import json
import os
import signal
import socket
import sys

_FORWARDED = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
_LOOK_S = 1


def main(address: str, interpreter: str, arguments: list[str]) -> int:
    """Return the program's exit status; a negative one is the signal that ended it."""
    first = next((argument for argument in arguments if argument != "-u"), "-")
    if os.environ.get("PYTHONPATH") or (first[0] == "-" and first not in {"-c", "-m"}):
        os.execv(interpreter, [interpreter, *arguments])  # noqa: S606 - no shell
    umask = os.umask(0o077)
    request = {
        "arguments": arguments,
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - pathlib is a third of the start
        "interpreter": interpreter,
        "umask": umask,
    }
    line = json.dumps(request).encode() + b"\n"
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    server = socket.socket(socket.AF_UNIX)
    server.connect(address)
    sent = socket.send_fds(server, [line], [0, 1, 2])
    server.sendall(line[sent:])
    return _follow(server)


def _follow(server: socket.socket) -> int:
    """Forward signals until the program has ended."""
    parent = os.getppid()
    answers = server.makefile()
    program = int(answers.readline())
    for number in _FORWARDED:
        signal.signal(number, lambda number, _: os.killpg(program, number))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)
    server.settimeout(_LOOK_S)
    while True:
        try:
            return int(server.recv(16) or b"1")
        except TimeoutError:
            # The engine was killed. A program may watch its parent for that, which is another here.
            if os.getppid() != parent:
                return 1


if __name__ == "__main__":
    status = main(sys.argv[1], sys.argv[2], sys.argv[3:])
    if status < 0:
        if -status in _FORWARDED:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)
