"""The program: a two-node DevStack on Google Cloud for CAPO's E2E tests."""

import gc

# The SDK makes tens of thousands of objects that live to the end: looking for garbage among
# them is a third of the program's time, at import and again at exit.
gc.disable()

from stacks import inputs, outputs
from stacks.devstack import DevStack

devstack = DevStack("devstack", inputs.load())
outputs.export(devstack)

gc.freeze()
