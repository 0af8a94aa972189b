"""Logs: collect the diagnostics of both nodes within a time limit.

If the time runs out or the connection breaks, everything received is kept. For a node that does
not answer at all, Compute Engine's record of its serial console is kept.
"""

import tarfile
import time
import zlib
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path, PurePosixPath
from typing import Any

from host.errors import JobError
from job.cloud.place import Place
from job.nodes import ssh
from job.nodes.remote_command import Run
from job.redaction.artifacts import Artifacts

_COMMAND = "sudo /usr/local/sbin/devstack-logs"
_LOOK_S = 0.2
# Share of the time that is reserved for unpacking, and for the serial console.
_REST = 0.2
# Time between the node's own limit and the end of the connection.
_MARGIN_S = 3.0
_FEWEST_S = 1.0
# A compromised node must not fill this machine's disk.
_MOST_BYTES = 2**30
_INCOMPLETE = "incomplete.txt"
_UNREACHABLE = "unreachable.txt"
_CONSOLE = "serial-console.log"

Say = Callable[[str], object]
Pause = Callable[[float], object]


def add_options(parser: ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("--dir", type=Path, required=True, help="where a folder a node is made")
    parser.add_argument(
        "--timeout",
        type=float,
        default=180.0,
        metavar="S",
        help="seconds for all of it (%(default).0f)",
    )


def collect(  # noqa: PLR0913, PLR0917 - where from, where to, and for how long
    outputs: Mapping[str, Any],
    place: Place,
    folder: Path,
    into: Path,
    cap_s: float,
    say: Say,
    pause: Pause = time.sleep,
) -> None:
    """Fill a folder for each node below `into`, in parallel, within about `cap_s` seconds.

    Problems of a node are reported by `say` and in its folder. Raises only what `pause` raises.
    """
    deadline = time.monotonic() + cap_s
    try:
        nodes = ssh.nodes(outputs, folder)
    except JobError as error:
        say(f"logs: none: {error}")
        return
    with ExitStack() as stack:
        runs = {role: _start(stack, access, cap_s) for role, access in nodes.items()}
        while not all(run.ended() for run in runs.values()):
            pause(_LOOK_S)
        for role, run in runs.items():
            target = Artifacts(into / role)
            count, trouble = _unpack(run, target)
            if count == 0:
                left_s = max(0.0, deadline - time.monotonic())
                note = (
                    f"no logs over ssh: {trouble}; {_console(outputs, place, role, target, left_s)}"
                )
                target.write(_UNREACHABLE, f"{note}\n")
            elif trouble:
                note = f"{count} files, and no more: {trouble}"
                target.write(_INCOMPLETE, f"{note}\n")
            else:
                note = f"{count} files"
            say(f"logs: {role}: {note}")


def _start(stack: ExitStack, access: ssh.Access, cap_s: float) -> Run:
    time_s = cap_s * (1 - _REST)
    command = f"{_COMMAND} --timeout {max(time_s - _MARGIN_S, _FEWEST_S):.0f}"
    return stack.enter_context(closing(Run(access, command, timeout_s=time_s)))


def _unpack(run: Run, target: Artifacts) -> tuple[int, str]:
    """Return the number of files received, and why some are missing; empty if none is."""
    count = 0
    try:
        with tarfile.open(fileobj=run.output, mode="r|gz") as archive:
            for name, content in _texts(archive):
                target.keep(str(name), content)
                count += 1
    # ValueError: an entry whose name is not UTF-8, or contains NUL.
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        return count, run.trouble or (f"it broke off: {error}" if count else run.complaint)
    return count, run.trouble


def _texts(archive: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield plain files inside the folder. Skip all else: a compromised node may send anything."""
    left = _MOST_BYTES
    for entry in archive:
        name = PurePosixPath(entry.name)
        file = archive.extractfile(entry) if entry.isreg() else None
        if file is None or name.is_absolute() or ".." in name.parts:
            continue
        left -= entry.size
        if left < 0:
            raise tarfile.TarError(f"more than {_MOST_BYTES >> 20} MiB")
        yield name, file.read()


def _console(
    outputs: Mapping[str, Any], place: Place, role: ssh.Role, target: Artifacts, patience_s: float
) -> str:
    """Save the serial console. Return a sentence for the report."""
    # Google's client takes half a second to import, which most runs do not need.
    from job.nodes import console  # noqa: PLC0415 - Google's client, which others do without

    try:
        text = console.read(outputs, place, role, patience_s)
    except JobError as error:
        return str(error)
    target.write(_CONSOLE, text)
    return f"what it wrote to its serial port is in {_CONSOLE}"
