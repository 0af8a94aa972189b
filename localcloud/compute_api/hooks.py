"""Hooks: callbacks for the programs that boot a machine for each instance.

They run one after another, in the order of the events, on a thread of their own. A boot takes a
while; neither a client nor the lock of the cloud waits for it. Thus the API is ahead of the
machines: an image may be READY before its files exist. The order makes up for that. The creation of
an image is announced when its request is accepted, after the stop of its source. A later start of
the source, or of an instance from the image, comes after it.
"""

import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass(frozen=True)
class ImageView:
    """An image; another one with the same path has another ID."""

    path: str
    id: str


@dataclass(frozen=True)
class InstanceView:
    """The part of an instance that its machine needs; nat_ip is None without an external IP."""

    project: str
    zone: str
    name: str
    hostname: str
    network_ip: str
    nat_ip: str | None
    metadata: dict[str, str]
    labels: dict[str, str]
    image: ImageView | None
    """The image that the boot disk was created from; None if the disk is gone or had none."""


Callback = Callable[[InstanceView], None]
ImageCallback = Callable[[ImageView], None]
CreationCallback = Callable[[ImageView, InstanceView | None], None]
"""It also gets the instance whose boot disk is the image's source, or None if there is none."""


class Hooks:
    """The callbacks for each event, and the queue of calls."""

    def __init__(self) -> None:
        self._running: list[Callback] = []
        self._stopped: list[Callback] = []
        self._deleted: list[Callback] = []
        self._image_created: list[CreationCallback] = []
        self._image_deleted: list[ImageCallback] = []
        self._queue: queue.Queue[Callable[[], None]] = queue.Queue()
        self._thread: threading.Thread | None = None

    def on_instance_running(self, callback: Callback) -> None:
        """Call back when an instance has become RUNNING, from now on."""
        self._running.append(callback)

    def on_instance_stopped(self, callback: Callback) -> None:
        """Call back when an instance was stopped, from now on. Its disks keep their contents."""
        self._stopped.append(callback)

    def on_instance_deleted(self, callback: Callback) -> None:
        """Call back when an instance was deleted, from now on, whether it ran or not."""
        self._deleted.append(callback)

    def on_image_created(self, callback: CreationCallback) -> None:
        """Call back when the creation of an image from a disk was accepted, from now on.

        There is no call for an image whose operation will fail.
        """
        self._image_created.append(callback)

    def on_image_deleted(self, callback: ImageCallback) -> None:
        """Call back when an image was deleted, from now on."""
        self._image_deleted.append(callback)

    def running(self, view: InstanceView) -> None:
        """Queue the callbacks for an instance that has become RUNNING."""
        self._announce(self._running, view)

    def stopped(self, view: InstanceView) -> None:
        """Queue the callbacks for an instance that was stopped."""
        self._announce(self._stopped, view)

    def deleted(self, view: InstanceView) -> None:
        """Queue the callbacks for an instance that was deleted."""
        self._announce(self._deleted, view)

    def image_created(self, image: ImageView, source: InstanceView | None) -> None:
        """Queue the callbacks for an image from a disk, whose files are to be captured."""
        self._announce(self._image_created, image, source)

    def image_deleted(self, image: ImageView) -> None:
        """Queue the callbacks for an image that was deleted."""
        self._announce(self._image_deleted, image)

    def drain(self) -> None:
        """Wait until all queued callbacks have returned."""
        self._queue.join()

    def _announce(self, callbacks: Sequence[Callable[..., None]], *views: Any) -> None:
        # Most doubles boot nothing and get by without the thread.
        if callbacks and self._thread is None:
            # A daemon, since a callback that hangs must not keep the process alive.
            self._thread = threading.Thread(target=self._work, name="hooks", daemon=True)
            self._thread.start()
        for callback in callbacks:
            self._queue.put(partial(callback, *views))

    def _work(self) -> None:
        while True:
            call = self._queue.get()
            try:
                call()
            except Exception:  # noqa: BLE001 - one broken callback must not stop the others
                traceback.print_exc()
            finally:
                self._queue.task_done()
