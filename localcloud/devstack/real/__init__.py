"""Real: the real DevStack as the workload of machines that boot.

`workload.py` composes it. The nodes reach package registries by an uplink, and clone repositories
from their usual place or from mirrors. `host.py` decides what is replaced on them.
"""
