"""The files of an export: read by the loader's own readers, and gathered into tables."""

import csv
import glob
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from orchestration.contract import Column, RawTable
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.discovery import LandedFile, find_files
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.reader import fingerprint, read_file
from orchestration.ingestion.text import checked_text
from orchestration.sql import file_literal, identifier
from orchestration.text import column_name

DELIMITERS = ",;\t|"
SAMPLED_RECORDS = 100
MAX_DOCUMENT_DEPTH = 4
SHARED_COLUMNS = 0.6
"""Share of their columns that files of one table have in common, at least."""


@dataclass(frozen=True)
class ReadTable:
    """A raw table to be: files of one shape, whose rows are the DuckDB table `relation`.

    `pattern` is where they lie under the landing folder, as `files` of a declaration. `headers`
    are the names as written, by column.
    """

    name: str
    pattern: str
    relation: str
    files: tuple[str, ...]
    headers: dict[str, str]
    records: str = ""

    @property
    def columns(self) -> list[str]:
        """The raw columns, in their order in the files."""
        return list(self.headers)


@dataclass(frozen=True)
class Refused:
    """A file that could not be read, and why."""

    file: str
    why: str


@dataclass(frozen=True)
class _Part:
    """The rows of one file, or of one array of a document."""

    file: LandedFile
    records: str
    relation: str
    headers: dict[str, str]

    @property
    def stem(self) -> str:
        return self.file.name[: -len(self.file.ending)]


def files_of(
    landing: Path, source: str, names: Sequence[str], declared: Sequence[RawTable]
) -> list[LandedFile]:
    """The files with these names under the landing folder, and those of the declared tables.

    All that lie in the folder of the source where there are neither.
    """
    found, _ = find_files(landing, [RawTable(source, "any", "**/*", ())])
    known = {file.name for file in find_files(landing, declared)[0]} if declared else set()
    wanted = known.union(names)
    return [
        file
        for file in found
        if (
            file.name in wanted
            if names
            else file.name.startswith(f"{source}/") or file.name in known
        )
    ]


def read_tables(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[LandedFile],
    declared: Mapping[tuple[str, str], str],
) -> tuple[list[ReadTable], list[Refused]]:
    """The tables of an export, and the files that cannot be read.

    `declared` is the table of a file, and of an array of a document, that has one already.
    """
    parts: list[_Part] = []
    refused: list[Refused] = []
    with TemporaryDirectory(prefix="source_new_") as folder:
        for file in files:
            try:
                for table in _as_tables(file, Path(folder)):
                    landed = replace(file, table=table)
                    parts.append(_read(connection, landed, len(parts), Path(folder)))
            except FileError as error:
                refused.append(Refused(file.name, str(error)))
    return _gathered(connection, parts, declared), refused


def _read(
    connection: duckdb.DuckDBPyConnection, file: LandedFile, number: int, folder: Path
) -> _Part:
    target = folder / f"{number}.parquet"
    now = datetime.now(UTC).replace(tzinfo=None)
    read = read_file(connection, file, fingerprint(file), now, target)
    relation = f"landed_{number}"
    connection.execute(
        f"create table {identifier(relation)} as select * from read_parquet({file_literal(target)})"
        " where _load_error is null"
    )
    target.unlink()
    names = zip(read.header.columns, read.header.names, strict=True)
    headers = {column: name for column, name in names if column not in METADATA.names}
    return _Part(file, file.table.records, relation, headers)


def _as_tables(file: LandedFile, folder: Path) -> Iterator[RawTable]:
    """Declarations under which the loader can read the file: what it has to be told beforehand."""
    if file.format in ("csv", "tsv"):
        yield replace(file.table, columns=_columns_of_text(file, folder))
    elif file.format == "json":
        for records in _arrays(file, folder):
            yield replace(file.table, records=records)
    else:
        yield file.table


def _columns_of_text(file: LandedFile, folder: Path) -> tuple[Column, ...]:
    """The columns of a text file by its most likely delimiter, by which the loader then finds it.

    That is the one that gives the most fields, in nearly as many records as any.
    """
    text = checked_text(file, folder / "text")
    best: tuple[float, int] = (0, 0)
    header: list[str] = []
    for delimiter in DELIMITERS:
        with text.path.open(encoding="utf-8-sig", newline="") as lines, suppress(csv.Error):
            rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
            sampled = [row for row in islice(rows, SAMPLED_RECORDS) if row]
            if sampled and re.fullmatch(r"sep=.?", sampled[0][0], re.IGNORECASE):
                del sampled[0]
            width = len(sampled[0]) if sampled else 0
            even = sum(len(row) == width for row in sampled) / max(len(sampled), 1)
            if width > 1 and (round(even, 1), width) > best:
                best, header = (round(even, 1), width), sampled[0]
    names = dict.fromkeys(filter(None, map(column_name, header)))
    return tuple(Column(name, "string", "") for name in names)


def _arrays(file: LandedFile, folder: Path) -> list[str]:
    """The paths of the arrays of objects in a document; the document itself is the empty one."""
    try:
        text = checked_text(file, folder / "document").path.read_text(encoding="utf-8-sig")
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return [""]  # the loader says what is wrong
    return list(_paths(document, ())) or [""]


def _paths(part: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(part, list):
        if any(isinstance(record, dict) and record for record in part):
            yield ".".join(path)
    elif isinstance(part, dict) and len(path) < MAX_DOCUMENT_DEPTH:
        for key, value in part.items():
            if "." not in key:
                yield from _paths(value, (*path, key))


def _gathered(
    connection: duckdb.DuckDBPyConnection,
    parts: Sequence[_Part],
    declared: Mapping[tuple[str, str], str],
) -> list[ReadTable]:
    def of(part: _Part) -> str | None:
        return declared.get((part.file.name, part.records))

    gathered: list[list[_Part]] = []
    for part in sorted(parts, key=lambda part: len(_base(part.stem))):
        group = next(
            (
                group
                for group in gathered
                if (of(part) == of(group[0]) if of(part) else _is_like(part, group[0]))
            ),
            None,
        )
        if group is None:
            gathered.append([part])
        else:
            group.append(part)
    gathered.sort(key=lambda group: parts.index(group[0]))
    stems = {part.stem for part in parts}
    tables: list[ReadTable] = []
    for group in gathered:
        pattern = _pattern(group, stems)
        # several files that no pattern tells from others are a table each
        for members in [group] if pattern else [[part] for part in group]:
            taken = [*(table.name for table in tables), *declared.values()]
            tables.append(_table(connection, members, pattern, taken, of(members[0])))
    return tables


def _table(
    connection: duckdb.DuckDBPyConnection,
    parts: Sequence[_Part],
    pattern: str | None,
    taken: Sequence[str],
    declared: str | None,
) -> ReadTable:
    first = parts[0]
    headers = {column: name for part in reversed(parts) for column, name in part.headers.items()}
    headers = first.headers | headers
    relation = first.relation
    if len(parts) > 1:
        relation = f"{first.relation}_all"
        rows = " union all by name ".join(f"from {identifier(part.relation)}" for part in parts)
        connection.execute(f"create table {identifier(relation)} as {rows}")
    called = (first.records.split(".")[-1] if first.records else "") or _base(first.stem)
    name = column_name(called.rsplit("/", maxsplit=1)[-1]).strip("_") or "export"
    number = next(n for n in range(1, len(taken) + 2) if _numbered(name, n) not in taken)
    return ReadTable(
        name=declared or _numbered(name, number),
        # dbt renders what stands in braces
        pattern=re.sub("[{}]", "?", pattern or glob.escape(first.stem)),
        relation=relation,
        files=tuple(part.file.name for part in parts),
        headers=headers,
        records=first.records,
    )


def _numbered(name: str, number: int) -> str:
    name = "landed_rows" if name == "landed_files" else name
    return name if number == 1 else f"{name}_{number}"


def _base(stem: str) -> str:
    """What the names of the files of one table share: without numbers, and without a date."""
    folder, _, name = stem.rpartition("/")
    kept = re.sub(r"[-_. ]*\(?[0-9][-_.0-9 T]*\)?", "", name).strip("-_. ")
    return f"{folder}/{kept}" if kept else folder


def _is_like(one: _Part, other: _Part) -> bool:
    """True for files of one table: of one name, or of one header and a longer name."""
    if one.records != other.records or one.file.name == other.file.name:
        return False
    base, longer = _base(other.stem), _base(one.stem)
    if longer == base:
        shared = len(one.headers.keys() & other.headers.keys())
        return shared >= SHARED_COLUMNS * max(len(one.headers), len(other.headers))
    return one.headers.keys() == other.headers.keys() and bool(
        re.match(rf"{re.escape(base)}[-_. ]", longer)
    )


def _pattern(group: Sequence[_Part], stems: set[str]) -> str | None:
    """The simplest pattern that takes the files of the group and no others; None if none does."""
    own = {part.stem for part in group}
    base = glob.escape(_base(group[0].stem))
    folder = glob.escape(group[0].stem.rpartition("/")[0])
    tried = [f"{base}*", base, f"{base}[0-9]*", f"{base}[-_. ]*[0-9]*"]
    if _base(group[0].stem) == group[0].stem.rpartition("/")[0]:
        tried = [f"{folder}/*"]
    return next((p for p in tried if {s for s in stems if _matches(s, p)} == own), None)


def _matches(stem: str, pattern: str) -> bool:
    parts, of_pattern = stem.split("/"), pattern.split("/")
    return len(parts) == len(of_pattern) and all(map(fnmatchcase, parts, of_pattern))
