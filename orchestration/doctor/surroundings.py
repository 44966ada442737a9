"""Checks of a build's surroundings: settings, folders, disk, clock, the lock."""

import fcntl
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path

from orchestration.contract import PROJECT_DIR
from orchestration.doctor.finding import Finding, Subject, error, fine, warning
from orchestration.extraction import is_extracted
from orchestration.releases import moment_of, release_ids
from orchestration.settings import ENV_PREFIX, Settings
from orchestration.warehouse.lock import look_at_lock

LANDING_FACTOR = 12
"""Bytes of work database and release per byte of CSV: 10.4 for the demo company."""

PATIENCE = timedelta(minutes=5)
"""How far two clocks may be apart before somebody should look."""

TEST_PREFIX = f"{ENV_PREFIX}TEST_"


def check_settings(subject: Subject) -> Iterator[Finding]:
    """No variable `FUNNEL_*` is there that nothing reads: most likely a slip of the pen."""
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields} | _read_variables()
    given = {
        name
        for name in subject.environment
        if name.startswith(ENV_PREFIX) and not name.startswith(TEST_PREFIX)
    }
    for name in sorted(given - known):
        near = get_close_matches(name, known, n=1)
        meant = f" ({near[0]} was meant?)" if near else ""
        yield warning("settings", f"Nothing reads the variable {name}{meant}.", f"unset {name}")
    if given <= known:
        yield fine("settings", "Every FUNNEL_* variable is a setting.")


def check_folders(subject: Subject) -> Iterator[Finding]:
    """File operations of a publication (write, lock, flip a link, sync) work in the folder."""
    root = subject.warehouse.root
    if not root.is_dir():
        yield warning("folder", f"There is no warehouse {root} yet.", "funnel build")
        return
    try:
        with tempfile.TemporaryDirectory(prefix=".tmp-doctor-", dir=root) as folder:
            problem = _what_does_not_work(Path(folder))
    except OSError as failure:
        problem = str(failure)
    if problem:
        yield error(
            "folder",
            f"{root} cannot hold a warehouse: {problem}.",
            "Make it writable for this user, or set FUNNEL_WAREHOUSE to a folder on a local disk",
        )
    else:
        yield fine("folder", f"{root} can be written and locked, and its links switched.")


def check_landing(subject: Subject) -> Iterator[Finding]:
    """The landing folder is there."""
    landing = subject.settings.landing
    if landing.is_dir():
        yield fine("landing", f"Files are taken from {landing}.")
    elif is_extracted(subject.settings):
        yield fine("landing", f"The first pull makes {landing}.")
    else:
        yield error(
            "landing",
            f"There is no landing folder {landing}; neither a build nor a restore can read it.",
            f"mkdir -p {shlex.quote(str(landing))} and put the files there, or set FUNNEL_LANDING",
        )


def check_permissions(subject: Subject) -> Iterator[Finding]:
    """Personal data, which raw tables hold, is closed to other users; releases are read-only."""
    warehouse = subject.warehouse
    if warehouse.build_dir.is_dir() and warehouse.build_dir.stat().st_mode & 0o077:
        yield warning(
            "permissions",
            f"Other users of this machine can read {warehouse.build_dir}, where personal data is.",
            f"chmod 700 {shlex.quote(str(warehouse.build_dir))}",
        )
    writable = [
        path
        for release_id in release_ids(warehouse)
        for path in (warehouse.releases_dir / release_id).iterdir()
        if path.is_file() and path.stat().st_mode & 0o222
    ]
    if writable:
        yield warning(
            "permissions",
            f"{len(writable)} published file(s) can be written, the first is {writable[0]}.",
            f"chmod a-w {shlex.quote(str(warehouse.releases_dir))}/*/*",
        )


def check_disk(subject: Subject) -> Iterator[Finding]:
    """A build and its release fit: each table is rewritten before the old one is dropped."""
    warehouse = subject.warehouse
    place = next(path for path in (warehouse.root, *warehouse.root.parents) if path.exists())
    free = shutil.disk_usage(place).free
    work = _bytes_in(warehouse.build_dir)
    release = _bytes_in(warehouse.current.resolve()) if warehouse.current.exists() else 0
    need = max(work + release, LANDING_FACTOR * _bytes_in(subject.settings.landing))
    told = f"{free / 1e9:,.1f} GB are free; a build and its release need up to {need / 1e9:,.1f} GB"
    if free >= need:
        yield fine("disk", f"{told}.")
    else:
        yield error(
            "disk",
            f"{told} at {place}.",
            "Free some space: FUNNEL_KEEP=2 funnel publish (keeps fewer releases), or a larger "
            "disk for FUNNEL_WAREHOUSE",
        )


def check_clock(subject: Subject) -> Iterator[Finding]:
    """No release is from the future; ids stay in order all the same."""
    latest = max(map(moment_of, release_ids(subject.warehouse)), default=subject.now)
    if latest > subject.now + PATIENCE:
        yield warning(
            "clock",
            f"The newest release is from {latest:%Y-%m-%d %H:%M} UTC and the clock says "
            f"{subject.now:%Y-%m-%d %H:%M}: it went back, or was ahead at that time.",
            "timedatectl set-ntp true (then `date -u` should be right)",
        )
    else:
        yield fine("clock", f"{subject.now:%Y-%m-%d %H:%M} UTC; no release is from the future.")


def check_lock(subject: Subject) -> Iterator[Finding]:
    """Holder of the lock: a process that is writing, or that died while writing."""
    lock = look_at_lock(subject.warehouse)
    if lock.is_held:
        yield fine("lock", f"In use by {lock.holder}; another command has to wait.")
    elif lock.holder:
        yield warning("lock", f"Free. {lock.holder} was killed while it held it.", "funnel build")
    else:
        yield fine("lock", "Free.")


def _read_variables() -> set[str]:
    """The variables that are named where programs and profiles read them."""
    readers = [
        *(PROJECT_DIR / name for name in ("profiles.yml", "Makefile")),
        *(PROJECT_DIR / "orchestration").rglob("*.py"),
        *(PROJECT_DIR / "deploy").glob("*.env.example"),
    ]
    texts = (path.read_text(encoding="utf-8") for path in readers if path.is_file())
    return {name for text in texts for name in re.findall(rf"\b{ENV_PREFIX}[A-Z_]+\b", text)}


def _what_does_not_work(folder: Path) -> str | None:
    (folder / "a").touch()
    (folder / "link").symlink_to("a")
    (folder / "link").replace(folder / "current")
    if not (folder / "current").is_symlink():
        return "a link cannot be switched there"
    with (folder / "a").open("w") as first, (folder / "a").open("w") as second:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
    return "its file system lets two processes hold one lock"


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
