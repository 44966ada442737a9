"""Discovery of landed files, and of the raw table that each belongs to."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from orchestration.contract import RawTable
from orchestration.text import printable

ENDINGS = (
    *(".csv.gz", ".tsv.gz", ".jsonl.gz", ".json.gz"),
    *(".csv", ".tsv", ".jsonl", ".json", ".parquet"),
)


NAMED_FILES = 3
"""Files of a folder that are named where they belong to no table; the others are counted."""


@dataclass(frozen=True)
class LandedFile:
    """A file that belongs to `table`; `name` is its path under the landing folder."""

    table: RawTable
    path: Path
    name: str
    ending: str

    @property
    def format(self) -> str:
        """The ending without `.gz`: csv, tsv, jsonl, json or parquet."""
        return self.ending.split(".")[1]

    @property
    def is_compressed(self) -> bool:
        """True if it is compressed with gzip."""
        return self.ending.endswith(".gz")


def find_files(
    landing: Path, tables: Sequence[RawTable]
) -> tuple[tuple[LandedFile, ...], tuple[str, ...]]:
    """The files of each table in the order of their names, and notes on what was left alone.

    Links that lead out of the landing folder, and links to folders, are not followed.
    """
    files: list[LandedFile] = []
    notes: list[str] = []
    strangers: dict[str, list[str]] = defaultdict(list)
    for path in _walk(landing, notes):
        name = path.relative_to(landing).as_posix()
        ending = next((e for e in ENDINGS if path.name.lower().endswith(e)), None)
        owners = [table for table in tables if belongs_to(name, ending, table.files)]
        if not owners:
            strangers[name.split("/", maxsplit=1)[0]].append(name)
        elif obstacle := _obstacle(path, name, ending, landing):
            notes.append(f"{name}: left alone, {obstacle}.")
        elif ending is not None:
            files += [LandedFile(table, path, _storable(name), ending) for table in owners]
    notes += [
        f"{top}: {len(names)} file(s) belong to no table of the active sources ({_some(names)})."
        for top, names in strangers.items()
    ]
    in_order = sorted(files, key=lambda file: (file.name, file.table.name))
    return tuple(in_order), tuple(printable(_storable(note)) for note in notes)


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
        subfolders.sort()
        yield from (Path(folder) / name for name in sorted(names))


def _obstacle(path: Path, name: str, ending: str | None, landing: Path) -> str | None:
    if any(part.startswith(".") for part in name.split("/")):
        return "hidden"
    if ending is None:
        return f"not one of the known formats ({', '.join(ENDINGS)})"
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


def _storable(name: str) -> str:
    """A name that is not valid UTF-8 comes with lone surrogates, which no database takes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
