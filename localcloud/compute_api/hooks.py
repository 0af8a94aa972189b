"""Hooks: callbacks for the programs that boot a machine for each instance.

They are called when an instance runs, and when it is stopped or deleted, one after another on a
thread of their own. A boot takes a while; neither a client nor the lock of the cloud waits for it.
"""

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class InstanceView:
    """The part of an instance that its machine needs; nat_ip is None without an external IP."""

    project: str
    zone: str
    name: str
    network_ip: str
    nat_ip: str | None
    metadata: dict[str, str]
    labels: dict[str, str]


Callback = Callable[[InstanceView], None]


class Hooks:
    """The callbacks for both events, and the queue of calls."""

    def __init__(self) -> None:
        self._running: list[Callback] = []
        self._deleted: list[Callback] = []
        self._queue: queue.Queue[tuple[Callback, InstanceView]] = queue.Queue()
        self._thread: threading.Thread | None = None

    def on_instance_running(self, callback: Callback) -> None:
        """Call back when an instance has become RUNNING, from now on."""
        self._running.append(callback)

    def on_instance_deleted(self, callback: Callback) -> None:
        """Call back when an instance was deleted or stopped, from now on."""
        self._deleted.append(callback)

    def running(self, view: InstanceView) -> None:
        """Queue the callbacks for an instance that has become RUNNING."""
        self._announce(self._running, view)

    def deleted(self, view: InstanceView) -> None:
        """Queue the callbacks for an instance that was deleted or stopped."""
        self._announce(self._deleted, view)

    def drain(self) -> None:
        """Wait until all queued callbacks have returned."""
        self._queue.join()

    def _announce(self, callbacks: list[Callback], view: InstanceView) -> None:
        # Most doubles boot nothing and get by without the thread.
        if callbacks and self._thread is None:
            # A daemon, since a callback that hangs must not keep the process alive.
            self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
            self._thread.start()
        for callback in callbacks:
            self._queue.put((callback, view))

    def _work(self) -> None:
        while True:
            callback, view = self._queue.get()
            try:
                callback(view)
            except Exception:  # noqa: BLE001 - one broken callback must not stop the others
                traceback.print_exc()
            finally:
                self._queue.task_done()
