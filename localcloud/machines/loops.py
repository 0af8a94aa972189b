"""Loop devices: the host's, which outlive the machine that attached a file to one."""

from pathlib import Path

from localcloud.programs import run

MAJOR = 7


def is_attached(number: int) -> bool:
    """Return whether a loop device has a file."""
    return Path(f"/sys/block/loop{number}/loop/backing_file").exists()


def detach(node: Path) -> None:
    """Detach the loop device of a device node, if it is attached."""
    number = int(node.name.removeprefix("loop"))
    if is_attached(number):
        run("losetup", "--detach", node)
