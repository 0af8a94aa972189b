"""The program: a two-node DevStack on Google Cloud for CAPO's E2E tests, or images of one."""

import gc

# The SDK makes tens of thousands of objects that live to the end: looking for garbage among
# them is a third of the program's time, at import and again at exit.
gc.disable()

from stacks import inputs, outputs
from stacks.devstack import DevStack
from stacks.node_images import NodeImages, node_image_args

settings = inputs.load()
if settings.baked_from:
    outputs.export_images(NodeImages("images", node_image_args(settings)))
else:
    outputs.export(DevStack("devstack", settings))

gc.freeze()
