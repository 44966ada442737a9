"""A file that appears in the landing folder whole, or not at all."""

import os
import shutil
from pathlib import Path
from typing import IO

PART = ".funnel-part"
"""Ending of a hidden file that is being written; the loader leaves it alone."""


def land(read: IO[bytes], target: Path) -> int:
    """Writes what is read to the target, in place of what was there; gives its bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}{PART}")
    with part.open("wb") as written:
        shutil.copyfileobj(read, written, 1 << 20)
        written.flush()
        os.fsync(written.fileno())
        size = written.tell()
    part.replace(target)
    return size


def remove_parts(landing: Path) -> None:
    """Removes what a pull that was killed had begun to write."""
    for part in landing.rglob(f".*{PART}"):
        part.unlink(missing_ok=True)
