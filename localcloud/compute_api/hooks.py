"""Hooks: tell whoever boots machines that an instance runs or is gone.

Callbacks run one after another in a thread of their own, so that no client waits for them.
"""

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class InstanceView:
    """What a machine needs to know of its instance."""

    project: str
    zone: str
    name: str
    network_ip: str
    nat_ip: str | None
    metadata: dict[str, str]
    labels: dict[str, str]


Callback = Callable[[InstanceView], None]


class Hooks:
    """Callbacks for the two events."""

    def __init__(self) -> None:
        self._running: list[Callback] = []
        self._deleted: list[Callback] = []
        self._queue: queue.Queue[tuple[Callback, InstanceView]] = queue.Queue()
        self._thread: threading.Thread | None = None

    def on_instance_running(self, callback: Callback) -> None:
        """Call back when an instance has become RUNNING."""
        self._running.append(callback)

    def on_instance_deleted(self, callback: Callback) -> None:
        """Call back when an instance is gone or stopped."""
        self._deleted.append(callback)

    def running(self, view: InstanceView) -> None:
        """Announce an instance that runs."""
        self._announce(self._running, view)

    def deleted(self, view: InstanceView) -> None:
        """Announce an instance that is gone."""
        self._announce(self._deleted, view)

    def drain(self) -> None:
        """Wait until all callbacks so far have returned."""
        self._queue.join()

    def _announce(self, callbacks: list[Callback], view: InstanceView) -> None:
        if callbacks and self._thread is None:
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
