"""Compute parts: import modules of pulumi_gcp.compute on first use.

The package imports all of its 280 modules, which takes two seconds. Half of that is for resources
that this program does not have. Here only the modules of the used classes are imported.
"""

import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any


class _Parts(ModuleType):
    """Stands in for the package and imports a class's module when the class is used."""

    def __getattr__(self, name: str) -> Any:
        if not name[0].isupper():
            raise AttributeError(name)  # the import system asks for submodules, too
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        part = "_inputs" if name.endswith("Args") else snake
        return getattr(import_module(f"{self.__name__}.{part}"), name)


def import_in_parts() -> None:
    """Make `pulumi_gcp.compute` such a package. Must run before pulumi_gcp is imported."""
    spec = find_spec("pulumi_gcp")
    if spec is not None and spec.origin is not None:
        package = _Parts("pulumi_gcp.compute")
        package.__path__ = [str(Path(spec.origin).parent / "compute")]
        sys.modules[package.__name__] = package
