"""Self-management of a DevStack node. Uses only the standard library of Python 3.9."""
