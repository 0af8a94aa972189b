"""Patience: how long a test waits for what must come."""

# No verdict may depend on how busy a machine is, so this ends hangs alone: many times what anything
# takes that is waited for. It is below pytest's own limit, which says less about what was missing.
PATIENCE_S = 600
