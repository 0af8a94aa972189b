"""Wire: Pulumi's messages for plugins, without the rest of its SDK."""

import sys
from importlib.util import find_spec
from types import ModuleType


def leave_out_the_sdk() -> None:
    """Let `pulumi.runtime.proto` be imported without the packages around it.

    Importing the SDK takes two thirds of a plugin's start, and each command of the engine starts
    two plugins. Only a process that is nothing but a plugin may call this: for every other import,
    `pulumi` is then an empty package.
    """
    # A package with the real search path, but without the __init__.py that imports the whole SDK.
    for name in ("pulumi", "pulumi.runtime"):
        spec = find_spec(name)
        if spec is not None:
            package = ModuleType(name)
            package.__path__ = spec.submodule_search_locations or []
            sys.modules[name] = package
