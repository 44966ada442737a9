"""Arrivals in the landing folder, by size and time of change; only the loader reads files."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from orchestration.contract import raw_tables
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.ingestion.discovery import LandedFile


@dataclass(frozen=True)
class Sighting:
    """A landed file as it was seen: its name, a mark of its state, and when that last changed.

    `changed_at` is in seconds since 1970. It is the moment of the last change of the file or of its
    name, which no program sets, so a copy that keeps the old date counts as new too.
    """

    name: str
    mark: str
    changed_at: float


@dataclass(frozen=True)
class Arrival:
    """Result of a look at the landing folder."""

    new: tuple[str, ...]
    is_settled: bool
    seen: Mapping[str, str]
    from_the_future: Mapping[str, tuple[str, float]]
    """New files that changed later than now: their mark, and when it was first seen."""

    @property
    def run_key(self) -> str:
        """The same for the same files in the same state, so that no state is built for twice."""
        return _digest(f"{name} {self.seen[name]}" for name in self.new)


def landed_files(settings: Settings) -> tuple["LandedFile", ...]:
    """The files of the sources that are on; none where there is no landing folder."""
    from orchestration.ingestion.discovery import find_files  # noqa: PLC0415  (imports pyarrow)

    if not settings.landing.is_dir():
        return ()
    tables = [table for source in settings.sources for table in raw_tables(source)]
    files, _ = find_files(settings.landing, tables)
    return files


def sightings(files: Iterable["LandedFile"]) -> list[Sighting]:
    """Each file once, also where it belongs to several tables."""
    found = {}
    for file in files:
        status = file.path.stat()
        mark = f"{status.st_size}-{status.st_mtime_ns}"
        found[file.name] = Sighting(file.name, mark, max(status.st_mtime, status.st_ctime))
    return list(found.values())


def arrival(
    seen_before: Mapping[str, str],
    found: Sequence[Sighting],
    *,
    now: float,
    settle_seconds: float,
    from_the_future: Mapping[str, tuple[str, float]] = MappingProxyType({}),
) -> Arrival:
    """Files new since the last look; settled once none of them changed for `settle_seconds`.

    A moment of change in the future (another machine's clock, a copy that keeps a wrong date) says
    nothing: such a file counts from when it was first seen as it is, `from_the_future` of the look
    before.
    """
    new = [file for file in found if seen_before.get(file.name) != file.mark]
    waiting = {}
    for file in new:
        if file.changed_at > now:
            mark, first_seen = from_the_future.get(file.name, (file.mark, now))
            waiting[file.name] = (file.mark, min(first_seen, now) if mark == file.mark else now)
    since = {file.name: waiting.get(file.name, ("", file.changed_at))[1] for file in new}
    return Arrival(
        new=tuple(sorted(since)),
        is_settled=all(now - moment >= settle_seconds for moment in since.values()),
        seen={file.name: file.mark for file in found},
        from_the_future=waiting,
    )


def version_of(files: Iterable["LandedFile"]) -> str:
    """A mark of the state of some files; changes when one comes, goes or is rewritten."""
    return _digest(sorted(f"{file.name} {file.mark}" for file in sightings(files)))


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
