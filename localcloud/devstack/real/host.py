"""Host: interim."""

import shutil
from pathlib import Path

OVERLAY = Path(__file__).parent / "overlay"


def local_conf() -> str:
    return (OVERLAY / "local.conf").read_text(encoding="utf-8")


def lay_over(root: Path) -> None:
    """Copy the overlay's files into a root file system; replace links instead of following them."""
    source = OVERLAY / "rootfs"
    for file in (path for path in source.rglob("*") if path.is_file()):
        target = root / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy2(file, target)
