"""Remote: run a command on another machine over ssh.

Dials are repeated up to the connection's limit; a command that started is never repeated. The
engine's timeout and Cancel end both the dialling and the command. In the real plugin they end the
dialling alone.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncssh

from localcloud.plugins.command.output import Output, Stream
from localcloud.plugins.command.ssh import Connection, DialError, dial
from localcloud.plugins.provider import Call, ProviderError
from localcloud.plugins.quote import go_quote
from localcloud.plugins.values import Properties

_WATCH_S = 0.2
_FIRST_DELAY_S = 0.1
_DELAY_FACTOR = 1.5
_LONGEST_DELAY_S = 5.0
_UNLIMITED = -1

_T = TypeVar("_T")


def run(call: Call, command: str, inputs: Properties, previous: dict[str, str]) -> dict[str, str]:
    """Connect, run a command to its end and return stdout and stderr. Raises ProviderError."""
    return asyncio.run(_watched(call, _run(call, command, inputs, previous)))


async def _watched(call: Call, work: Coroutine[Any, Any, _T]) -> _T:
    """Await the work. Cancel it and raise ProviderError when the engine wants it to stop."""
    task = asyncio.ensure_future(work)
    while not (await asyncio.wait([task], timeout=_WATCH_S))[0]:
        if reason := call.stop_reason():
            task.cancel()
            await asyncio.wait([task])
            raise ProviderError(reason)
    return task.result()


async def _run(
    call: Call, command: str, inputs: Properties, previous: dict[str, str]
) -> dict[str, str]:
    output = Output(call, inputs.get("logging"))
    environment = {**inputs.get("environment", {}), **previous}
    async with await _dial_until_it_answers(call, Connection.of(inputs["connection"])) as client:
        try:
            failure = await _attend(client, command, environment, inputs.get("stdin"), output)
        except (asyncssh.Error, OSError):
            # The connection broke, so the exit status will never arrive. These are Go's words.
            failure = "wait: remote command exited without exit status or exit signal"
    output.close()
    if failure:
        raise ProviderError(f"{failure}: running {go_quote(command)}:\n{output.everything()}")
    return output.properties()


async def _attend(
    client: asyncssh.SSHClientConnection,
    command: str,
    environment: dict[str, str],
    stdin: str | None,
    output: Output,
) -> str | None:
    """Start, feed, read and wait. Return the failure in Go's words, or None."""
    # sshd may drop the variables (AcceptEnv). asyncssh asks for no reply, so no error is seen.
    process = await client.create_process(command, env=environment, encoding=None)
    if stdin:
        process.stdin.write(stdin.encode())
    process.stdin.write_eof()
    await asyncio.gather(
        _pump(process.stdout, "stdout", output), _pump(process.stderr, "stderr", output)
    )
    await process.wait_closed()
    if process.exit_signal:
        return f"Process exited with status 1 from signal {process.exit_signal[0]}"
    if process.exit_status is None:
        return "wait: remote command exited without exit status or exit signal"
    return f"Process exited with status {process.exit_status}" if process.exit_status else None


async def _dial_until_it_answers(call: Call, wanted: Connection) -> asyncssh.SSHClientConnection:
    """Dial as often as allowed, with growing pauses. Each failure counts, even a wrong host key."""
    delay = _FIRST_DELAY_S
    dials = 0
    while True:
        try:
            return await dial(wanted)
        except DialError as error:
            dials += 1
            limit = wanted.dial_error_limit
            if limit != _UNLIMITED and dials > limit:
                # The real plugin's count, too, leaves out the last attempt.
                message = f"after {dials - 1} failed attempts: {error}"
                raise ProviderError(message) from error
            shown = "inf" if limit == _UNLIMITED else str(limit)
            call.status(f"Dial {dials}/{shown} failed: retrying")
        await asyncio.sleep(delay)
        delay = min(delay * _DELAY_FACTOR, _LONGEST_DELAY_S)


async def _pump(reader: asyncssh.SSHReader[bytes], stream: Stream, output: Output) -> None:
    while data := await reader.read(65536):
        output.feed(stream, data)
