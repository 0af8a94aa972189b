"""Parts of pulumi_gcp.compute: what the program uses of it is there, the rest is not imported."""

import re
import subprocess
import sys

from host.folders import CHECKOUT

SHOW = """
import sys
from stacks.compute_parts import import_in_parts
import_in_parts()
from pulumi_gcp import compute
print([getattr(compute, name).__name__ for name in sys.argv[1:]] == sys.argv[1:])
print("pulumi_gcp.compute.autoscaler" in sys.modules)
"""


def test_what_the_program_uses_is_imported_and_nothing_else():
    """The whole would take a second more, in each run of the program."""
    texts = "".join(path.read_text() for path in (CHECKOUT / "stacks").glob("*.py"))
    used = sorted(set(re.findall(r"\bcompute\.([A-Z]\w+)", texts)))
    assert {"Instance", "InstanceBootDiskArgs", "RouterNat"} <= set(used)

    shown = subprocess.run(
        [sys.executable, "-c", SHOW, *used],
        capture_output=True,
        check=True,
        cwd=CHECKOUT,
        text=True,
    )

    assert shown.stdout.split() == ["True", "False"]
