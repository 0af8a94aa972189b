"""Open tunnel: make the nodes' addresses reachable for the job and its containers.

A thread holds the tunnel open until the teardown. If it ends before, the job ends.
"""

import socket
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from host.ending import Ending
from host.errors import JobError
from job.network.tunnel.holding import hold
from job.network.tunnel.options import Options
from job.network.tunnel.supervisor import Holder
from job.run.context import Context

# Long, since the nodes are still booting.
_READY_S = 900
_BRIDGE = "docker0"
_SSH = 22


class Tunnel:
    """A tunnel that opens in the background."""

    def __init__(self, context: Context, folder: Path, outputs: Mapping[str, Any]) -> None:
        self._context = context
        self._folder = folder
        self._holder = Holder(ending=Ending(), say=context.log.say)
        options = Options(
            # ssh answers long before the APIs, so that a problem is known early.
            probe=(outputs["controller_private_ip"], _SSH),
            # kind's containers will be on a bridge of the same Docker.
            probe_bridge=_BRIDGE if _has_interface(_BRIDGE) else None,
            ready_s=_READY_S,
        )
        self._thread = threading.Thread(target=self._hold, args=(outputs, options), name="tunnel")
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is open. Raises the reason if the job is told to end."""
        while not self._holder.ready.is_set():
            self._context.ending.wait(0.2)

    def close(self) -> None:
        """Close it, and copy its log and record to the artifacts."""
        self._holder.ending.ask(JobError("tunnel: no longer needed"))
        self._thread.join()
        self._holder.ending.close()
        for path in (self._folder / "tunnel.log", self._folder / "tunnel.json"):
            if path.exists():
                self._context.artifacts.copy(path, f"tunnel/{path.name}")

    def _hold(self, outputs: Mapping[str, Any], options: Options) -> None:
        try:
            hold(outputs, self._folder, options, self._context.job.variables, self._holder)
        except JobError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - the job would wait for it in vain
            self._context.log.say(traceback.format_exc())
            failure = JobError(f"a defect of its own: {error!r}")
        text = f"tunnel: it ended ({failure.exit_code}): {failure}"
        wanted = self._holder.ending.reason
        if wanted is None:
            self._context.ending.ask(JobError(text))
        elif failure is not wanted:
            self._context.log.say(text)


def _has_interface(name: str) -> bool:
    # /sys shows the network namespace in which it was mounted, which may not be this one.
    return name in (found for _, found in socket.if_nameindex())
