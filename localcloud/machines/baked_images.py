"""Baked images: the files of images that were made from disks of machines.

An image is a list of layers over the Debian tree, the topmost first. A layer is the folder with
everything that one machine wrote until its disk was captured. Nobody writes to it again, so images
and machines share it. On Compute Engine a disk is a copy of its image. Thus a layer is only removed
when neither an image nor a machine has it.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from localcloud.compute_api.hooks import ImageView
from localcloud.errors import LocalcloudError
from localcloud.machines.booted import BootedMachine


class BakedImages:
    """The images of one cloud. Their layers are below `folder`, on the machines' file system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        # None: the image has no files. It was deleted, or its capture failed.
        self._layers: dict[str, tuple[Path, ...] | None] = {}

    def capture(self, image: ImageView, machine: BootedMachine | None) -> None:
        """Make what is on a machine's disk an image.

        Raises LocalcloudError without a machine and for one that is on, OSError if a capture fails.
        The image has no files then.
        """
        self._layers[image.id] = None
        if machine is None:
            raise LocalcloudError("its disk is not the boot disk of an instance with a machine")
        machine.capture(self._folder / image.id)
        self._layers[image.id] = machine.layers

    def adopt(self, image_id: str, layers: Sequence[str]) -> None:
        """Give an image of an earlier cloud its layers, by their names in the folder.

        Raises LocalcloudError if one is missing.
        """
        paths = tuple(self._folder / name for name in layers)
        if missing := [path.name for path in paths if not path.is_dir()]:
            raise LocalcloudError(f"the layer {missing[0]} is missing")
        self._layers[image_id] = paths

    @property
    def kept(self) -> dict[str, list[str]]:
        """The names of the layers of each image that has files, by the image's ID."""
        return {
            image: [layer.name for layer in layers]
            for image, layers in self._layers.items()
            if layers is not None
        }

    def layers(self, image: ImageView | None) -> tuple[Path, ...]:
        """Return the layers of an image. An image that was not made from a disk has none.

        Raises LocalcloudError if the image has no files.
        """
        if image is None:
            return ()
        layers = self._layers.get(image.id, ())
        if layers is None:
            raise LocalcloudError(f"the image {image.path} has no files; name another one")
        return layers

    def discard(self, image: ImageView) -> None:
        """Boot no more machines from an image. `remove_unused` removes its files."""
        self._layers[image.id] = None

    def remove_unused(self, machines: Iterable[BootedMachine]) -> None:
        """Remove all layers that neither an image nor one of these machines has."""
        used = {layer for layers in self._layers.values() for layer in layers or ()}
        used.update(layer for machine in machines for layer in machine.layers)
        for layer in set(self._folder.iterdir()) - used:
            shutil.rmtree(layer)
