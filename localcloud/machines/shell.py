"""Shell: the commands of a simulated node.

It accepts the commands that the job sends to nodes, with or without sudo. It refuses all others
with status 127 and a message, as a shell does, so that a new command of the job is noticed.
"""

import asyncio
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

import asyncssh

from localcloud.machines import logs, node_status
from localcloud.machines.node_status import NodeStatus

_NOT_FOUND = 127
# What a simulated node says that it was built from.
_COMMITS = {"devstack": "da2f4d73", "nova": "68fdaf29"}
# A line at least this often: network devices forget connections that are silent for longer.
_QUIET_S = 30.0
_POLL_S = 0.1
_STATUS = ("devstack-status", "/usr/local/sbin/devstack-status")
_LOGS = ("devstack-logs", "/usr/local/sbin/devstack-logs")


@dataclass(frozen=True)
class Shell:
    """The shell of one node. `worker` is called for each answer, as the worker may come later."""

    status: NodeStatus
    worker: Callable[[], NodeStatus | None]

    async def run(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        """Run the command of a session, then end the session with its exit status."""
        try:
            code = await self._run(process, process.command or "")
        except (BrokenPipeError, asyncssh.Error):
            return  # the client is gone
        process.exit(code)

    async def _run(self, process: "asyncssh.SSHServerProcess[bytes]", command: str) -> int:
        try:
            words = shlex.split(command)
        except ValueError:
            words = []
        if words[:1] == ["sudo"]:
            words = words[1:]
            if words[:1] == ["-n"]:
                words = words[1:]
        match words:
            case [program, *arguments] if program in _STATUS:
                return await self._status(process, arguments)
            case ["devstack-image-receive"]:
                # To the end, as the real command, or the sender's pipe would break.
                await process.stdin.read()
            case [program] | [program, "--timeout", _] if program in _LOGS:
                process.stdout.write(logs.archive(self.status))
            case _ if (answer := self._answer(words)) is not None:
                process.stdout.write(answer.encode())
            case _:
                complaint = f"{command}: a simulated node does not know this command\n"
                process.stderr.write(complaint.encode())
                return _NOT_FOUND
        return 0

    def _answer(self, words: list[str]) -> str | None:
        """Return the output of a command that only prints, or None for any other."""
        match words:
            case ["true"]:
                return ""
            case ["python3", "-V", *_]:
                return "Python 3.12.3\n"
            case ["cat", "/proc/sys/kernel/random/boot_id"]:
                return f"{self.status.boot_id}\n"
            case ["devstack-seal"]:
                return json.dumps({"role": self.status.role, "commits": _COMMITS}) + "\n"
        return None

    async def _status(
        self, process: "asyncssh.SSHServerProcess[bytes]", arguments: list[str]
    ) -> int:
        try:
            options = node_status.parse(arguments, self.status.role)
        except node_status.UsageError as error:
            process.stderr.write(f"{error}\n".encode())
            return node_status.EXIT_USAGE
        if options.command == "show":
            state = self._look(options.subject)
            process.stdout.write(f"{node_status.line(state)}\n".encode())
            return node_status.exit_code(state)
        return await self._wait(process, options.subject, options.timeout)

    async def _wait(
        self, process: "asyncssh.SSHServerProcess[bytes]", subject: str, timeout_s: float
    ) -> int:
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s
        said, said_at = "", now()
        while True:
            state = self._look(subject)
            # Progress goes to standard error: standard output is the final state, one line.
            progress = f"{subject} {state['verdict']} {state['stage']}"
            if progress != said or now() >= said_at + _QUIET_S:
                process.stderr.write(f"{progress}\n".encode())
                said, said_at = progress, now()
            late = now() >= deadline
            if state["verdict"] != "pending" or late:
                process.stdout.write(f"{node_status.line(state)}\n".encode())
                pending = state["verdict"] == "pending"
                return node_status.EXIT_DEADLINE if pending else node_status.exit_code(state)
            await asyncio.sleep(min(_POLL_S, max(0.0, deadline - now())))

    def _look(self, subject: str) -> dict[str, str | int]:
        if subject == "worker":
            return self.status.registration(self.worker())
        return self.status.look()
