"""Parts of pulumi_gcp.compute, imported as they are used.

The package imports all of its 280 modules: two seconds, half of which are for resources that this
program does not have. In parts, only the modules of the classes that are used are imported.
"""

import re
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any


class _Parts(ModuleType):
    """The package without its own imports."""

    def __getattr__(self, name: str) -> Any:
        if not name[0].isupper():
            raise AttributeError(name)  # the import system asks for submodules, too
        snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        part = "_inputs" if name.endswith("Args") else snake
        return getattr(import_module(f"{self.__name__}.{part}"), name)


def import_in_parts() -> None:
    """Let pulumi_gcp, which was not imported before, take this for its `compute`."""
    spec = find_spec("pulumi_gcp")
    if spec is not None and spec.origin is not None:
        package = _Parts("pulumi_gcp.compute")
        package.__path__ = [str(Path(spec.origin).parent / "compute")]
        sys.modules[package.__name__] = package
