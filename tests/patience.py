"""Patience: how long tests wait, so that no verdict depends on how busy a machine is."""

PATIENCE_S = 600
"""For what must come: many times what anything takes, so it ends hangs alone. It is below pytest's
own limit, which says less about what was missing."""

FOREVER_S = 7200
"""For what nobody may wait for, such as a command that shall be ended: beyond every limit of a
test, so that to have waited for it is a failure without a look at the clock."""
