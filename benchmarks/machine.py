"""The machine that a benchmark ran on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("duckdb", "dbt-core", "dbt-duckdb", "dlt", "pyarrow")


def machine(folder: Path) -> str:
    """Size of this machine and of the disk below `folder`, in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    parts = (
        f"{len(os.sched_getaffinity(0))} cores{_processor()}",
        f"{memory:.0f} GB of memory",
        _disk(folder),
        f"{platform.system()} {platform.machine()}",
    )
    return ", ".join(part for part in parts if part)


def versions() -> str:
    """Versions of what the build runs on, in one line."""
    libraries = (f"{name} {version(name)}" for name in LIBRARIES)
    return ", ".join((f"Python {platform.python_version()}", *libraries))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f" ({name})" if (name := next(names, "")) else ""


def _disk(folder: Path) -> str | None:
    """Kind of the disk, where the kernel knows it: a virtual disk says what its host told it."""
    device = folder.stat().st_dev
    link = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    for block in (link.resolve(), link.resolve().parent):  # a partition lies below its disk
        rotational = block / "queue" / "rotational"
        if rotational.is_file():
            kind = "rotating" if rotational.read_text().strip() == "1" else "solid-state"
            return f"disk {block.name} (reported as {kind})"
    return None
