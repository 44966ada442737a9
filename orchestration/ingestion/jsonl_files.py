"""JSON lines: one object a line; any other line is kept as error and raw text.

The values of an object within a record are columns of their own (`properties.email`): each can be
personal, or not. Lists stay JSON text, and so does an object for which the table has a column. Some
loaders put the record into an object of theirs: its keys are columns as if they stood alone.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration.contract import RawTable
from orchestration.ingestion.columns import MAX_COLUMNS, read_header
from orchestration.ingestion.errors import FileError
from orchestration.ingestion.header import Header
from orchestration.ingestion.margins import LOADER_MESSAGE
from orchestration.loaders import Envelope, envelopes
from orchestration.sql import identifier, literal

MAX_DEPTH = 16
"""Objects within objects whose values become columns; what lies deeper stays JSON text."""

KeyPath = tuple[str, ...]
"""The keys under which a value lies, from the outermost."""

_BATCH_LINES = 20_000
_SCHEMA = pa.schema([("number", pa.int64()), ("line", pa.int64()), ("text", pa.string())])

# no other database takes text with a NUL; an escaped backslash before u0000 is taken for one too
_HAS_NUL = r"contains(text, '\u0000')"

# json_valid guards the other functions, which fail on text that is no JSON
_IS_OBJECT = "case when json_valid(text) then json_type(text) = 'OBJECT' else false end"


@dataclass(frozen=True)
class Objects:
    """The objects of the table `json_lines` that are records, and the values that they have.

    A value lies under `paths`; of those in `mixed`, some are objects, whose own values are listed
    too. `stream` is the one of `streams` that is the table's.
    """

    paths: tuple[KeyPath, ...]
    mixed: frozenset[KeyPath]
    envelope: Envelope | None
    stream: str | None
    streams: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The name of each value, as in a header."""
        return [_name(path, self.envelope) for path in self.paths]

    @property
    def in_words(self) -> tuple[str, ...]:
        """What is not usual in them."""
        return (f"stream '{self.stream}'",) * (len(self.streams) > 1)


def land_lines(connection: duckdb.DuckDBPyConnection, text: Path) -> None:
    """Put the lines of a file that are not blank into the table `json_lines`.

    They have their number among those, their number in the file, and their text.
    """
    connection.register("lines_of_file", pa.RecordBatchReader.from_batches(_SCHEMA, _batches(text)))
    connection.execute("create or replace temp table json_lines as from lines_of_file")
    connection.unregister("lines_of_file")


def record_column(names: Sequence[str], table: RawTable) -> str | None:
    """The column of a CSV or Parquet file in which a loader put the record as JSON text."""
    found = (envelope.record for envelope in envelopes() if envelope.keys == {envelope.record})
    return next((name for name in found if name in names and name not in table.column_names), None)


def land_rows(
    connection: duckdb.DuckDBPyConnection, rows: str, header: Header, record: str
) -> None:
    """Put the rows of a query into the table `json_lines`, with the JSON in their column `record`.

    A row of which that is no JSON has its text.
    """
    fields = ", ".join(
        f"{literal(name)}, {identifier(column)}"
        for name, column in zip(header.names, header.columns, strict=True)
        if name != record
    )
    text = identifier(header.columns[header.names.index(record)])
    connection.execute(
        f"""
        create or replace temp table json_lines as
        select
            _source_row as number,
            _source_row as line,
            case
                when _load_error is null and json_valid({text}) then concat(
                    '{{', {literal(json.dumps(record))}, ':', {text}, ',',
                    substr(json_object({fields})::varchar, 2)
                )
                else coalesce(_raw_text, {text}, 'null')
            end as text
        from ({rows})
        """
    )


def _batches(text: Path) -> Iterator[pa.RecordBatch]:
    rows = _numbered(text)
    while chunk := list(islice(rows, _BATCH_LINES)):
        columns = zip(zip(*chunk, strict=True), _SCHEMA, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        yield pa.record_batch(arrays, schema=_SCHEMA)


def _numbered(text: Path) -> Iterator[tuple[int, int, str]]:
    number = 0
    with text.open(encoding="utf-8-sig", newline="\n") as stream:
        for line, content in enumerate(stream, start=1):
            if stripped := content.strip():
                number += 1
                yield number, line, stripped


def objects_of(connection: duckdb.DuckDBPyConnection, table: RawTable) -> Objects:
    """The objects in the table `json_lines`, their values in order of appearance and depth.

    Raises:
        FileError: no line is an object, or it is a JSON array; or nothing says which stream is
            meant.
    """
    keys = _keys(connection, _IS_OBJECT, ())
    _assert_lines_of_objects(connection, keys)
    envelope = next((found for found in envelopes() if found.keys <= {*keys}), None)
    streams = _streams(connection, envelope)
    stream = _stream(streams, table)
    is_record = _is_record(envelope, stream)
    paths: list[KeyPath] = []
    mixed: set[KeyPath] = set()
    level: list[KeyPath] = [(key,) for key in _keys(connection, is_record, ())]
    while level and len(paths) + len(level) <= MAX_COLUMNS:
        within: list[KeyPath] = []
        for path, (is_object, is_other) in zip(
            level, _kinds(connection, is_record, level), strict=True
        ):
            is_opened = (
                is_object and len(path) < MAX_DEPTH and not _is_column(path, envelope, table)
            )
            inner = _keys(connection, is_record, path) if is_opened else []
            within += [(*path, key) for key in inner]
            if is_other or not inner:
                paths.append(path)
            if is_other and inner:
                mixed.add(path)
        level = within
    return Objects((*paths, *level), frozenset(mixed), envelope, stream, streams)


def _keys(connection: duckdb.DuckDBPyConnection, condition: str, path: KeyPath) -> list[str]:
    """The keys of the objects that lie under the path."""
    found = connection.execute(
        f"""
        select key
        from (
            select number, unnest(json_keys(text, {literal(_pointer(path))})) as key
            from json_lines
            where {condition} and not {_HAS_NUL}
        )
        group by key
        order by min(number), key
        """
    ).fetchall()
    return [key for (key,) in found]


def _kinds(
    connection: duckdb.DuckDBPyConnection, condition: str, paths: Sequence[KeyPath]
) -> list[tuple[bool, bool]]:
    """For each path, whether any value is an object, and whether any is something else."""
    pointers = ", ".join(literal(_pointer(path)) for path in paths)
    kinds = ", ".join(
        f"bool_or(kinds[{i}] = 'OBJECT'), bool_or(kinds[{i}] not in ('OBJECT', 'NULL'))"
        for i in range(1, len(paths) + 1)
    )
    found = connection.execute(
        f"""
        select {kinds}
        from (
            select json_type(text, [{pointers}]) as kinds
            from json_lines
            where {condition} and not {_HAS_NUL}
        )
        """
    ).fetchall()[0]
    return [(bool(found[i]), bool(found[i + 1])) for i in range(0, len(found), 2)]


def _streams(connection: duckdb.DuckDBPyConnection, envelope: Envelope | None) -> tuple[str, ...]:
    if envelope is None or envelope.stream is None:
        return ()
    found = connection.execute(
        f"select distinct {_value(envelope.stream)} as stream from json_lines "
        f"where {_is_record(envelope, None)} order by stream"
    ).fetchall()
    return tuple(stream for (stream,) in found if stream is not None)


def _stream(streams: tuple[str, ...], table: RawTable) -> str | None:
    if table.stream in streams or not streams:
        return table.stream if streams else None
    if len(streams) == 1 and not table.stream:
        return streams[0]
    problem = f"no stream '{table.stream}'" if table.stream else f"{len(streams)} streams"
    raise FileError(
        f"there are {problem}; its streams are {', '.join(map(repr, streams))}",
        f"Declare one as `stream: <name>` in the meta of table {table.name} in {table.declared_in}",
    )


def _is_record(envelope: Envelope | None, stream: str | None) -> str:
    """SQL that is true for a line that is a record of the stream; of any, if that is null."""
    if envelope is None:
        return _IS_OBJECT
    conditions = [f"{_value(key)} = {literal(value)}" for key, value in envelope.where]
    if envelope.stream and stream is not None:
        conditions.append(f"{_value(envelope.stream)} = {literal(stream)}")
    return " and ".join(
        [_IS_OBJECT, *(f"coalesce({condition}, false)" for condition in conditions)]
    )


def _is_of_others(objects: Objects) -> str:
    """SQL that is true for a line of another stream than the table's."""
    if objects.envelope is None or objects.envelope.stream is None:
        return "false"
    return f"coalesce({_value(objects.envelope.stream)} <> {literal(objects.stream or '')}, false)"


def _value(key: str) -> str:
    pointer = literal(_pointer((key,)))
    return f"case when json_valid(text) then json_extract_string(text, {pointer}) end"


def _is_column(path: KeyPath, envelope: Envelope | None, table: RawTable) -> bool:
    is_envelope = envelope is not None and path == (envelope.record,)
    return not is_envelope and table.column_of(_name(path, envelope)) in table.column_names


def _name(path: KeyPath, envelope: Envelope | None) -> str:
    if envelope is not None and len(path) > 1 and path[0] == envelope.record:
        return ".".join(path[1:])
    beside = dict(envelope.beside) if envelope else {}
    return ".".join((beside.get(path[0], path[0]), *path[1:]))


def _assert_lines_of_objects(connection: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    first = connection.execute("select line, text from json_lines order by number limit 1")
    line, text = first.fetchone() or (1, "")
    if text.startswith("["):
        raise FileError("this is a JSON array, not one object per line", "Name it .json", line)
    if not keys:
        raise FileError(
            "no line is a JSON object with keys", "Write one JSON object per line", line
        )


def object_rows(objects: Objects, table: RawTable, unit: str = "line") -> tuple[Header, str]:
    """The names of the values as a header, and the query for the rows of `json_lines`.

    `unit` is what a bad row is called.

    Raises:
        FileError: the names do not make the table's columns.
    """
    header = read_header(objects.names, table)
    pointers = ", ".join(literal(_pointer(path)) for path in objects.paths)
    values = ", ".join(
        f"{_unless_object(path, i) if path in objects.mixed else f'value[{i}]'} "
        f"as {identifier(column)}"
        for i, (path, column) in enumerate(zip(objects.paths, header.columns, strict=True), start=1)
    )
    return (
        header,
        f"""
        select
            {values},
            number as _source_row,
            case
                when value is not null then null
                when reason is null then {literal(LOADER_MESSAGE)}
                else '{unit} ' || line || ': ' || reason
            end as _load_error,
            case when value is null then text end as _raw_text
        from (
            select
                *,
                case
                    when {_HAS_NUL} then 'a NUL character in it'
                    when not ({_IS_OBJECT}) then 'not a JSON object'
                end as reason,
                case
                    when {_HAS_NUL} then null
                    when {_is_record(objects.envelope, objects.stream)}
                        then json_extract_string(text, [{pointers}])
                end as value
            from json_lines
            where not ({_is_of_others(objects)})
        )
    """,
    )


def _unless_object(path: KeyPath, number: int) -> str:
    is_object = f"json_type(text, {literal(_pointer(path))}) = 'OBJECT'"
    return f"case when {is_object} then null else value[{number}] end"


def _pointer(path: KeyPath) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)
