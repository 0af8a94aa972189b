"""Image record: the baked images of a cloud in a file, so that the next cloud has them again.

It has the Compute API's representation of each image and the names of its layers. An image whose
files are gone is left out, and so is one over another Debian tree: its layers lack what the tree
of today has in them.
"""

import json
from pathlib import Path
from typing import Any

from localcloud.compute_api.controls import Controls
from localcloud.compute_api.hooks import ImageView
from localcloud.console import say
from localcloud.errors import LocalcloudError
from localcloud.machines.baked_images import BakedImages


class ImageRecord:
    """The record of one cloud's images, written whenever one is made or deleted."""

    def __init__(self, path: Path, tree: Path, api: Controls, images: BakedImages) -> None:
        self._path = path
        self._tree = tree.name
        self._api = api
        self._images = images

    def restore(self) -> None:
        """Give the API and the machines the images of the record, and forget all other files."""
        for entry in self._read():
            if entry["tree"] != self._tree:
                say(f"{entry['path']}: left out, because the Debian tree below it has changed")
                continue
            try:
                self._images.adopt(entry["body"]["id"], entry["layers"])
            except LocalcloudError as error:
                say(f"{entry['path']}: left out: {error}")
                continue
            self._api.restore_image(entry["path"], entry["body"])
        self._images.remove_unused([])

    def attach(self) -> None:
        """Write the record after each change of the API's images, from now on."""
        self._api.on_image_created(lambda image, _instance: self._write(image))
        self._api.on_image_deleted(self._write)

    def _read(self) -> list[dict[str, Any]]:
        try:
            entries: list[dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return entries

    def _write(self, _changed: ImageView) -> None:
        kept = self._images.kept
        entries = [
            {"path": path, "body": body, "layers": kept[body["id"]], "tree": self._tree}
            for path, body in self._api.image_bodies().items()
            if body["id"] in kept
        ]
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(entries), encoding="utf-8")
        partial.rename(self._path)
