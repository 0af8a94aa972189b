"""The program: a two-node DevStack on Google Cloud for CAPO's E2E tests."""

import gc

# The SDK makes tens of thousands of objects that live to the end: looking for garbage among
# them is a third of the program's time, at import and again at exit.
gc.disable()

import pulumi  # noqa: E402

from stacks import outputs  # noqa: E402
from stacks.devstack import DevStack  # noqa: E402
from stacks.settings import Settings  # noqa: E402

settings = Settings.load(pulumi.Config())
devstack = DevStack("devstack", settings)
outputs.export(devstack)

gc.freeze()
