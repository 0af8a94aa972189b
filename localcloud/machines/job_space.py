"""Job space: the command line that runs a job's command beside a cloud whose machines boot.

The network namespace alone would leave the command with the host's /sys, which lists the host's
network devices, and with the host's name server, which the namespace may not reach. So the command
gets a mount namespace too. It keeps its process ID: every program of the chain becomes the next.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from localcloud.machines.switch import in_namespace

# As a slave it sees what the host unmounts; a copy of a machine's mount would keep that busy.
UNSHARE_MOUNTS = ("unshare", "--mount", "--propagation=slave")
Space = Callable[[Sequence[str]], list[str]]
"""A function that returns the command line that runs a command in one job's space."""
_OWN_MOUNTS = Path(__file__).with_name("own-mounts")


def in_job_space(namespace: Path, words: Sequence[str], resolver: str = "") -> list[str]:
    """Return the command line. `resolver` is the name server's address; empty: the host's."""
    own_mounts = [*UNSHARE_MOUNTS, "--", str(_OWN_MOUNTS), resolver]
    return in_namespace(namespace, [*own_mounts, *words])
