"""Discovery of landed files, and of the raw table that each belongs to."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from orchestration.contract import RawTable
from orchestration.ingestion import archives
from orchestration.ingestion.archives import Member
from orchestration.ingestion.errors import FileError
from orchestration.loaders import is_left
from orchestration.text import printable

_TEXTS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
WORKBOOKS = (".xlsx", ".xlsm")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
ENDINGS = (
    *(f"{text}{compressed}" for compressed in _COMPRESSIONS for text in _TEXTS),
    *(*_TEXTS, ".parquet", *WORKBOOKS),
)
KNOWN_FORMATS = (
    f"{', '.join(_TEXTS)}, these also with {' or '.join(_COMPRESSIONS)}, "
    f".parquet, {', '.join(WORKBOOKS)}, {archives.ENDING}"
)


_HIDDEN = "hidden"
_UNKNOWN = f"not one of the known formats ({KNOWN_FORMATS})"
NAMED_FILES = 3
"""Files of a folder that are named where they belong to no table; the others are counted."""


@dataclass(frozen=True)
class LandedFile:
    """A file that belongs to `table`; `name` is its path under the landing folder.

    A `member` of an archive has the archive's `path`, and the member's name after the archive's.
    `fault` is why it cannot be read, where that shows before it is opened.
    """

    table: RawTable
    path: Path
    name: str
    ending: str
    member: Member | None = None
    fault: FileError | None = None

    @property
    def format(self) -> str:
        """The ending without compression: csv, tsv, jsonl, json, parquet or xlsx."""
        plain = self.ending.split(".")[1]
        return {"ndjson": "jsonl", "xlsm": "xlsx"}.get(plain, plain)

    @property
    def compression(self) -> str | None:
        """How it is compressed (gzip or zstd); null if it is not."""
        return next((how for end, how in _COMPRESSIONS.items() if self.ending.endswith(end)), None)

    @property
    def byte_count(self) -> int:
        """Its size; that of a member is its size when unpacked."""
        return self.member.byte_count if self.member else self.path.stat().st_size


def find_files(
    landing: Path, tables: Sequence[RawTable]
) -> tuple[tuple[LandedFile, ...], tuple[str, ...]]:
    """The files of each table in the order of their names, and notes on what was left alone.

    Links that lead out of the landing folder, and links to folders, are not followed. Where another
    loader keeps its own state, there is nothing to note.
    """
    files: list[LandedFile] = []
    notes: list[str] = []
    strangers: dict[str, list[str]] = defaultdict(list)
    for found in _found(landing, notes):
        owners = found.owners(tables)
        if not owners:
            strangers[found.name.split("/", maxsplit=1)[0]].append(found.name)
        elif found.obstacle:
            notes.append(f"{found.name}: left alone, {found.obstacle}.")
        else:
            files += [found.of(table) for table in owners]
    notes += [
        f"{top}: {len(names)} file(s) belong to no table of the active sources ({_some(names)})."
        for top, names in strangers.items()
    ]
    in_order = sorted(files, key=lambda file: (file.name, file.table.name))
    return tuple(in_order), tuple(printable(_storable(note)) for note in notes)


@dataclass(frozen=True)
class _Found:
    """A file of the landing folder or a member of an archive there, of whichever table."""

    path: Path
    name: str
    obstacle: str | None
    archive: str | None = None
    """The name of the archive that it is in, or that it is."""
    member: Member | None = None
    fault: FileError | None = None

    @property
    def ending(self) -> str | None:
        return next((e for e in ENDINGS if self.name.lower().endswith(e)), None)

    def owners(self, tables: Sequence[RawTable]) -> list[RawTable]:
        """The tables that it belongs to; those that may be in it, if nobody knows what is."""
        if self.archive is None:
            return [table for table in tables if belongs_to(self.name, self.ending, table.files)]
        # as if it were unpacked into a folder of its name, or into the one where it lies
        folders = (self.archive, self.archive.rpartition("/")[0])
        return [
            table
            for table in tables
            if any(self._belongs_in(folder, table.files) for folder in folders)
        ]

    def _belongs_in(self, folder: str, pattern: str) -> bool:
        if self.ending is None:
            # an archive, with whatever is in it; an attachment belongs to no table
            is_archive = self.member is None or self.fault is not None
            return is_archive and _may_lie_in(folder, pattern)
        within = self.name.removeprefix(f"{self.archive}/")
        return belongs_to(f"{folder}/{within}".lstrip("/"), self.ending, pattern)

    def of(self, table: RawTable) -> LandedFile:
        return LandedFile(
            table, self.path, _storable(self.name), self.ending or "", self.member, self.fault
        )


def _found(landing: Path, notes: list[str]) -> Iterator[_Found]:
    for path in _walk(landing, notes):
        name = path.relative_to(landing).as_posix()
        whole = _Found(path, name, _obstacle(path, name, landing))
        if path.suffix.lower() != archives.ENDING:
            yield whole if whole.obstacle or whole.ending else replace(whole, obstacle=_UNKNOWN)
            continue
        whole = replace(whole, archive=name)
        if whole.obstacle:
            yield whole
            continue
        try:
            yield from (
                _of_archive(path, name, member)
                for member in archives.members(path)
                if not any(map(is_left, member.name.split("/")))
            )
        except FileError as fault:
            yield replace(whole, fault=fault)


def _of_archive(path: Path, archive: str, member: Member) -> _Found:
    name = f"{archive}/{member.name}"
    found = _Found(path, name, None, archive, member, member.fault)
    hidden = any(part.startswith(".") and part != ".." for part in name.split("/"))
    return replace(found, obstacle=_HIDDEN) if hidden else found


def _some(names: Sequence[str]) -> str:
    named = ", ".join(names[:NAMED_FILES])
    return named if len(names) <= NAMED_FILES else f"{named} and {len(names) - NAMED_FILES:,} more"


def _walk(landing: Path, notes: list[str]) -> Iterator[Path]:
    def note_unreadable(error: OSError) -> None:
        notes.append(f"{error.filename}: folder cannot be read ({error.strerror}).")

    for folder, subfolders, names in os.walk(landing, onerror=note_unreadable):
        notes += [
            f"{(Path(folder) / name).relative_to(landing)}: link to a folder, not followed."
            for name in subfolders
            if (Path(folder) / name).is_symlink()
        ]
        subfolders[:] = sorted(name for name in subfolders if not is_left(name))
        yield from (Path(folder) / name for name in sorted(names) if not is_left(name))


def _obstacle(path: Path, name: str, landing: Path) -> str | None:
    if any(part.startswith(".") for part in name.split("/")):
        return _HIDDEN
    try:
        target = path.resolve()
    except RuntimeError:  # links in a circle, until Python 3.13
        return "not a regular file"
    if not target.is_relative_to(landing.resolve()):
        return "a link that leads out of the landing folder"
    if not path.is_file():
        return "not a regular file"
    return None


def belongs_to(name: str, ending: str | None, pattern: str) -> bool:
    """True if the pattern of a table's files means the name, which has this ending."""
    stem = name[: -len(ending)] if ending else str(PurePosixPath(name).with_suffix(""))
    return _matches(tuple(stem.split("/")), tuple(pattern.split("/")))


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """`**` stands for any number of folders (PurePath.full_match does this from Python 3.13)."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[start:], pattern[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def is_packed(name: str) -> bool:
    """True for the name of a landed file that is a workbook, or a member of an archive."""
    parts = name.lower().split("/")
    return parts[-1].endswith(WORKBOOKS) or any(part.endswith(archives.ENDING) for part in parts)


def _may_lie_in(folder: str, pattern: str) -> bool:
    """True if the pattern can match a file somewhere below the folder."""
    *folders, _ = pattern.split("/")
    parts = folder.split("/") if folder else []
    if "**" in folders[: len(parts)]:
        folders = folders[: folders.index("**")]
        parts = parts[: len(folders)]
    return len(parts) <= len(folders) and all(map(fnmatchcase, parts, folders))


def _storable(name: str) -> str:
    """A name that is not valid UTF-8 comes with lone surrogates, which no database takes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
