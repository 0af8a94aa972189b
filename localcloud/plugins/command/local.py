"""Local: run a command on this machine.

The engine's timeout and Cancel kill the command's whole process group. A command that does not
start or ends with another status than 0 is refused in the words of the real plugin, which are Go's.
"""

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

from host.processes import Program, kill_group, start
from localcloud.plugins.command.output import Output, Stream
from localcloud.plugins.provider import Call, ProviderError
from localcloud.plugins.quote import go_quote
from localcloud.plugins.values import Properties

_SHELL = ["/bin/sh", "-c"]
# Interval between two checks of the engine's timeout and Cancel while a command runs.
_WATCH_S = 0.2


def run(call: Call, command: str, inputs: Properties, previous: dict[str, str]) -> dict[str, str]:
    """Run a command to its end and return stdout and stderr. Raises ProviderError.

    Later environments win: this process's, the input's, the outputs of the run before.
    """
    output = Output(call, inputs.get("logging"))
    argv = [*(inputs.get("interpreter") or _SHELL), command]
    environment = {**os.environ, **inputs.get("environment", {}), **previous}
    try:
        process = start(
            Program(command=argv, environment=environment, folder=inputs.get("dir")),
            stdin=subprocess.PIPE if inputs.get("stdin") else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        reason = _start_error(error, argv[0], inputs.get("dir"))
        raise ProviderError(f"{reason}: running {go_quote(command)}:\n") from error
    failure = _attend(call, process, inputs.get("stdin"), output)
    output.close()
    if failure:
        raise ProviderError(f"{failure}: running {go_quote(command)}:\n{output.everything()}")
    return output.properties()


def _attend(
    call: Call, process: subprocess.Popen[bytes], stdin: str | None, output: Output
) -> str | None:
    """Feed, read and wait. Return the failure in Go's words, or None."""
    with process:
        # A thread for each pipe: a command stops at a full pipe that nobody reads.
        assert process.stdout and process.stderr  # noqa: S101, PT018 - for the type checker
        threads = [
            threading.Thread(target=_pump, args=(process.stdout, "stdout", output)),
            threading.Thread(target=_pump, args=(process.stderr, "stderr", output)),
        ]
        if process.stdin and stdin:
            threads.append(threading.Thread(target=_write, args=(process.stdin, stdin)))
        for thread in threads:
            thread.start()
        while True:
            try:
                process.wait(timeout=_WATCH_S)
                break
            except subprocess.TimeoutExpired:
                # Its children, too: they would keep the pipes open and so the readers waiting.
                if call.stop_reason():
                    kill_group(process.pid)
        for thread in threads:
            thread.join()
    if process.returncode < 0:
        return f"signal: {_signal_text(-process.returncode)}"
    return f"exit status {process.returncode}" if process.returncode else None


def _pump(pipe: IO[bytes], stream: Stream, output: Output) -> None:
    while data := os.read(pipe.fileno(), 65536):
        output.feed(stream, data)


def _write(pipe: IO[bytes], text: str) -> None:
    try:
        with pipe:
            pipe.write(text.encode())
    except BrokenPipeError:
        pass  # the command ended without reading all of it, which is its own business


def _start_error(error: OSError, program: str, directory: str | None) -> str:
    if directory and not Path(directory).is_dir():
        return f"chdir {directory}: no such file or directory"
    if "/" not in program:
        return f"exec: {go_quote(program)}: executable file not found in $PATH"
    return f"fork/exec {program}: {(error.strerror or str(error)).lower()}"


def _signal_text(number: int) -> str:
    return (signal.strsignal(number) or f"signal {number}").lower()
