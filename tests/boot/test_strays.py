"""Strays: the next run removes the leftovers of a killed run."""

import subprocess
import sys
from pathlib import Path

from localcloud.machines.cgroups import machine_groups
from localcloud.machines.strays import remove_strays
from tests.patience import PATIENCE_S

KILLED = """
import os, signal, sys, tempfile
from pathlib import Path
from localcloud.machines.booted import BootedMachine
from localcloud.machines.strays import switch_name
from localcloud.machines.switch import Switch
switch = Switch(switch_name(), "10.0.3.0/24", 1460)
folder = Path(tempfile.mkdtemp(prefix=f"{switch_name()}-"))
tree = Path(sys.argv[1])
machine = BootedMachine("node", "10.0.3.15", switch=switch, tree=tree, folder=folder / "node")
machine.start()
print(switch.name, folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_is_left_of_a_run_that_was_killed(tree, tmp_path):
    """Mounts, namespaces and processes outlive the process that made them."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, tree],
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE_S,
    )
    switch, folder = killed.stdout.split()
    left = [*(Path("/run/netns", name) for name in (switch, f"{switch}-node")), Path(folder)]
    assert [path for path in left if not path.exists()] == []
    assert f"{switch}-node" in {group.name for group in machine_groups()}

    remove_strays(tmp_path)

    assert [path for path in left if path.exists()] == []
    assert f"{switch}-node" not in {group.name for group in machine_groups()}
    assert folder not in Path("/proc/self/mounts").read_text()
