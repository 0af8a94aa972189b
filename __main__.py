"""The program: a two-node DevStack on Google Cloud for CAPO's E2E tests."""

import pulumi

from stacks import outputs
from stacks.devstack import DevStack
from stacks.settings import Settings

settings = Settings.load(pulumi.Config())
devstack = DevStack("devstack", settings)
outputs.export(devstack)
