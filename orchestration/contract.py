"""The canonical contract and the sources' raw tables, read from the dbt source declarations.

`models/staging/<source>/_<source>__sources.yml` says once what a raw table holds; this module gives
that to Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from orchestration import loaders
from orchestration.errors import FunnelError
from orchestration.text import column_name

PROJECT_DIR = Path(__file__).resolve().parent.parent
LEDGER_TABLE = "landed_files"
"""Raw table of every source that lists its loaded and refused files; the loader writes it."""
ADDED_ROWS, WHOLE_EXPORT = "added_rows", "whole_export"
"""Kinds of load: a file adds rows to those before it, or holds all that its table has."""

_INHERITED: dict[str, Any] = {"load": ADDED_ROWS, "loader": None}
"""What a source may declare for all of its tables, and what holds otherwise."""

SQL_DATABASE, FILESYSTEM = "sql_database", "filesystem"
"""Places that a source is pulled from, as `meta.extract` says: a database, or a bucket's files."""

ID_KINDS = ("lead_id", "customer_id", "visitor_id")
"""Kinds of personal data that name a person."""

KINDS = ("personal", "attribute", "email", "free_text", *ID_KINDS)
"""Kinds of personal data, as `meta.pii` says them; models/staging/files/_files__sources.yml."""


@dataclass(frozen=True)
class Properties:
    """Kinds of personal data of a column whose value is one property of a record, as in a history.

    The column `by` names the property; `kinds` has None for one that is not personal. A property
    that it does not list may be personal.
    """

    by: str
    kinds: tuple[tuple[str, str | None], ...]

    def of_kind(self, *kinds: str | None) -> list[str]:
        """The properties of these kinds."""
        return [name for name, kind in self.kinds if kind in kinds]


@dataclass(frozen=True)
class Column:
    """One column of a raw table; `data_type` is its type after staging (raw tables hold text)."""

    name: str
    data_type: str
    description: str
    is_required: bool = False
    accepted_values: tuple[str, ...] = ()
    vocabulary: str | None = None
    """The field of `seeds/word_aliases.csv` whose words it has."""
    aliases: tuple[str, ...] = ()
    """Other names that its header may have, as `column_name` makes them."""
    pii: str | None = None
    """What personal data it holds, as `meta.pii` says; `personal` where that is true."""
    properties: Properties | None = None
    """Where `meta.pii` says it by the property that another column names."""

    @property
    def kinds(self) -> set[str | None]:
        """All kinds of personal data that it may hold."""
        return {kind for _, kind in self.properties.kinds} if self.properties else {self.pii}


@dataclass(frozen=True)
class Origin:
    """The table or view of a database that a raw table is pulled from, as `meta.origin` says.

    `cursor` is the column that grows with each change of a row; None = it is pulled whole.
    """

    table: str
    schema: str | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class RawTable:
    """One raw table of a source, and where its files lie under the landing folder.

    `files` is a glob relative to the landing folder, without the format's ending. The rows of a
    lookup need not become records; nor those for which one of the SQL conditions `left_out` holds.
    `load` is one of the two kinds of load. `records` are the keys, with dots between them, under
    which the rows of a JSON document lie; empty where it is their array. `stream` and `sheet` say
    which part of a file of messages or a workbook has the rows; empty where it has only one.
    `title_lines` stand above the header of a text file or sheet; null where the header shows
    itself. `footer` are patterns of lines below the last record. `references` are columns that name
    a record of another table, each with that table. `origin` is None where the files come from
    somebody else.
    """

    source: str
    name: str
    files: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    version_column: str | None = None
    is_required: bool = False
    is_lookup: bool = False
    left_out: tuple[str, ...] = ()
    load: str = ADDED_ROWS
    records: str = ""
    stream: str = ""
    sheet: str = ""
    title_lines: int | None = None
    footer: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    origin: Origin | None = None

    @property
    def column_names(self) -> list[str]:
        """Names of all columns, in the order of their declaration."""
        return [column.name for column in self.columns]

    @property
    def required_columns(self) -> list[str]:
        """Names of the columns without which a row cannot pass."""
        return [column.name for column in self.columns if column.is_required]

    @property
    def id_columns(self) -> list[Column]:
        """Columns of text that hold ids: by their name, their kind, or as part of the key."""
        return [
            column
            for column in self.columns
            if column.data_type == "string"
            and (
                column.name in ("id", *self.key)
                or column.name.endswith("_id")
                or column.pii in ID_KINDS
            )
        ]

    def column_of(self, header: str) -> str:
        """Name of the raw column that a header lands in; empty where nothing is left of it."""
        name = loaders.landed_name(column_name(header))
        return next((column.name for column in self.columns if name in column.aliases), name)

    @property
    def declared_in(self) -> str:
        """Path of its declaration in the project."""
        return _declaration(self.source)


class UnknownSourceError(ValueError):
    """A source was asked for that has no folder under `models/staging/`."""


class DeclarationError(FunnelError):
    """The yml of a source says something that cannot be meant."""

    exit_code = 2


def available_sources(project_dir: Path = PROJECT_DIR) -> list[str]:
    """Names of the sources that have a folder under `models/staging/`."""
    return sorted(path.parent.name for path in project_dir.glob("models/staging/*/_*__sources.yml"))


def raw_tables(source: str, project_dir: Path = PROJECT_DIR) -> list[RawTable]:
    """The raw tables of one source, in the order of their declaration.

    Raises:
        UnknownSourceError: there is no such source.
        DeclarationError: a table declares a loader or a kind of load that there is not, or one
            without a key; a column lacks its type or description; a header could land in two
            columns, or in none that is declared; it is pulled from no database, though it has an
            origin; or an erasure could not do as `meta.pii` says.
    """
    tables = [
        _raw_table(source, _INHERITED | _inherited(group) | _meta(table), table)
        for group in _declared(source, project_dir)
        for table in group["tables"]
        if table["name"] != LEDGER_TABLE
    ]
    is_pulled = extraction_of(source, project_dir) == SQL_DATABASE
    if is_pulled != any(table.origin for table in tables):
        raise DeclarationError(
            f"{_declaration(source)}: extract: {SQL_DATABASE} of the source and origin of its "
            "tables belong together. Declare both, or neither."
        )
    return tables


def contract_tables(project_dir: Path = PROJECT_DIR) -> dict[str, RawTable]:
    """The canonical contract by table name: the raw tables of the source `files`."""
    return {table.name: table for table in raw_tables("files", project_dir)}


def filled_tables(source: str, project_dir: Path = PROJECT_DIR) -> list[str]:
    """Names of the canonical tables that a source has a model `stg_<source>__<table>` for."""
    prefix = mapping_model(source, "")
    models = (project_dir / "models" / "staging" / source).glob(f"{prefix}*.sql")
    return sorted(model.stem.removeprefix(prefix) for model in models)


def mapping_model(source: str, table: str) -> str:
    """Name of the model that maps a source to a canonical table."""
    return f"stg_{source}__{table}"


def source_words(source: str, project_dir: Path = PROJECT_DIR) -> dict[str, dict[str, str | None]]:
    """The words that a source declares as `meta.words`, by the seed or column that they add to.

    A word maps to its meaning, None where it has none; `*` stands for all other words.

    Raises:
        UnknownSourceError: there is no such source.
    """
    return {
        place: dict(words)
        for group in _declared(source, project_dir)
        for place, words in _meta(group).get("words", {}).items()
    }


def source_format(source: str, project_dir: Path = PROJECT_DIR) -> dict[str, Any]:
    """How a source writes numbers and moments, as its yml declares for all its tables."""
    declared: dict[str, Any] = {}
    for group in _declared(source, project_dir):
        declared |= _meta(group).get("format", {})
    return declared


def extraction_of(source: str, project_dir: Path = PROJECT_DIR) -> str | None:
    """Where a source is pulled from, as its yml declares; None = its files come from somebody else.

    Raises:
        UnknownSourceError: there is no such source.
        DeclarationError: there is no such place.
    """
    for group in _declared(source, project_dir):
        if (place := _meta(group).get("extract")) is not None:
            if place not in (SQL_DATABASE, FILESYSTEM):
                raise DeclarationError(
                    f"{_declaration(source)}: extract is '{place}', not one of: {SQL_DATABASE}, "
                    f"{FILESYSTEM}."
                )
            return str(place)
    return None


def _inherited(group: dict[str, Any]) -> dict[str, Any]:
    """What a source declares for all of its tables."""
    return {key: value for key, value in _meta(group).items() if key in _INHERITED}


def _declared(source: str, project_dir: Path) -> list[dict[str, Any]]:
    path = project_dir / _declaration(source)
    if not path.is_file():
        known = ", ".join(available_sources(project_dir))
        raise UnknownSourceError(f"There is no source '{source}'. Known sources: {known}.")
    state = path.stat()
    return _sources(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _sources(path: Path, _written_ns: int, _size: int) -> list[dict[str, Any]]:
    """The sources of a yml, which a command asks for dozens of times; only to be read."""
    # the C parser: ten times as fast
    declared: list[dict[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)[
        "sources"
    ]
    return declared


def _declaration(source: str) -> str:
    return f"models/staging/{source}/_{source}__sources.yml"


def _meta(declared: dict[str, Any]) -> dict[str, Any]:
    meta: dict[str, Any] = declared.get("config", {}).get("meta", {})
    return meta


def _raw_table(source: str, meta: dict[str, Any], declared: dict[str, Any]) -> RawTable:
    place = f"{_declaration(source)}: table {declared['name']}"
    table = RawTable(
        source=source,
        name=declared["name"],
        files=meta["files"],
        columns=_columns(
            _with_loader_columns(declared["columns"], meta.get("loader"), place), place
        ),
        key=tuple(meta.get("key", ())),
        version_column=meta.get("version_column"),
        is_required=meta.get("required", False),
        is_lookup=meta.get("role") == "lookup",
        left_out=tuple(rows["when"] for rows in meta.get("left_out", ())),
        # nothing of a lookup is deleted: its rows say what other rows mean
        load=ADDED_ROWS if meta.get("role") == "lookup" else meta["load"],
        records=meta.get("records", ""),
        stream=str(meta.get("stream", "")),
        sheet=str(meta.get("sheet", "")),
        title_lines=meta.get("title_lines"),
        footer=_texts(meta.get("footer", ())),
        references=tuple(meta.get("references", {}).items()),
        origin=_origin(source, declared["name"], meta.get("origin")),
    )
    _assert_load_is_valid(table)
    _assert_each_header_has_one_column(table)
    _assert_persons_can_be_erased(table)
    return table


def _with_loader_columns(
    declared: list[dict[str, Any]], loader: str | None, place: str
) -> list[dict[str, Any]]:
    """The declared columns, and those that the loader adds."""
    if loader is None:
        return declared
    if loader not in loaders.loaders():
        raise DeclarationError(
            f"{place}: loader is '{loader}', not one of: {', '.join(loaders.loaders())}."
        )
    names = {column.get("name") for column in declared}
    added = [
        {"name": name, "data_type": loaders.TYPES[says], "description": f"{says}, by {loader}."}
        for name, says in loaders.columns_of(loader).items()
        if name not in names
    ]
    return [*declared, *added]


def _texts(declared: str | Sequence[str]) -> tuple[str, ...]:
    return (declared,) if isinstance(declared, str) else tuple(declared)


def _assert_load_is_valid(table: RawTable) -> None:
    if table.load not in (ADDED_ROWS, WHOLE_EXPORT):
        raise DeclarationError(
            f"{table.declared_in}, table {table.name}: load is '{table.load}', not one of: "
            f"{ADDED_ROWS}, {WHOLE_EXPORT}."
        )
    if table.load == WHOLE_EXPORT and not {*table.key} & {*table.column_names}:
        raise DeclarationError(
            f"{table.declared_in}, table {table.name}: load: {WHOLE_EXPORT} needs key: [...], the "
            "columns that tell rows apart, to count what a new export lacks."
        )
    if table.load == WHOLE_EXPORT and table.origin and table.origin.cursor:
        raise DeclarationError(
            f"{table.declared_in}, table {table.name}: with a cursor only changed rows are pulled, "
            f"which is no whole export. Remove the cursor, or load: {WHOLE_EXPORT}."
        )


def _origin(source: str, name: str, declared: dict[str, str] | None) -> Origin | None:
    if declared is None:
        return None
    known = [field.name for field in fields(Origin)]
    if unknown := declared.keys() - {*known}:
        raise DeclarationError(
            f"{_declaration(source)}, table {name}: origin has {', '.join(sorted(unknown))}, which "
            f"is none of {', '.join(known)}."
        )
    return Origin(**{"table": name, **declared})


def _assert_each_header_has_one_column(table: RawTable) -> None:
    owners: dict[str, str] = {}
    for column in table.columns:
        place = f"{table.declared_in}: column '{column.name}' of {table.name}"
        if (name := column_name(column.name)) != column.name:
            raise DeclarationError(f"{place}: the loader names it '{name}'. Write it so.")
        for name in dict.fromkeys((column.name, *column.aliases)):
            if not name:
                raise DeclarationError(
                    f"{place} has an alias without letters or digits. Remove it."
                )
            if name in owners:
                raise DeclarationError(
                    f"{place}: its name or alias '{name}' is also that of column "
                    f"'{owners[name]}'. Remove it from one of the two."
                )
            owners[name] = column.name


def _assert_persons_can_be_erased(table: RawTable) -> None:
    for column in table.columns:
        place = f"{table.declared_in}: column '{column.name}' of {table.name}"
        if column.properties and column.properties.by not in table.column_names:
            raise DeclarationError(
                f"{place}: its pii has to name the column that says which property the value is. "
                "Write it as `by: <column of the table>`."
            )
        if unknown := column.kinds - {None, *KINDS}:
            raise DeclarationError(
                f"{place}: its pii is {', '.join(map(repr, unknown))}, which an erasure does not "
                f"know. Write true or one of {', '.join(KINDS)}."
            )


def _columns(declared: Sequence[dict[str, Any]], place: str) -> tuple[Column, ...]:
    for number, column in enumerate(declared, start=1):
        name = column.get("name", f"number {number}")
        for part in ("name", "data_type", "description"):
            if column.get(part) is None:
                raise DeclarationError(
                    f"{place}, column {name}: it has no {part}. Write it as "
                    "{name: ..., data_type: string, description: ...}."
                )
    return tuple(
        Column(
            name=column["name"],
            data_type=column["data_type"],
            description=column["description"],
            is_required=_meta(column).get("required", False),
            accepted_values=tuple(_meta(column).get("accepted_values", ())),
            vocabulary=_meta(column).get("vocabulary"),
            aliases=tuple(column_name(alias) for alias in _meta(column).get("aliases", ())),
            pii=None if isinstance(pii, dict) else _kind(pii),
            properties=_properties(pii) if isinstance(pii, dict) else None,
        )
        for column in declared
        for pii in [_meta(column).get("pii")]
    )


def _properties(pii: dict[str, Any]) -> Properties:
    kinds = ((str(name), _kind(kind)) for name, kind in pii.items() if name != "by")
    return Properties(by=pii.get("by", ""), kinds=tuple(kinds))


def _kind(pii: bool | str | None) -> str | None:
    return "personal" if pii is True else pii or None
