"""The canonical contract and the sources' raw tables, read from the dbt source declarations.

`models/staging/<source>/_<source>__sources.yml` says once what a raw table holds; this module gives
that to Python.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import FunnelError
from orchestration.text import column_name

PROJECT_DIR = Path(__file__).resolve().parent.parent
LEDGER_TABLE = "landed_files"
"""Raw table of every source that lists its loaded and refused files; the loader writes it."""


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
    aliases: tuple[str, ...] = ()
    """Other names that its header may have, as `column_name` makes them."""
    pii: str | None = None
    """What personal data it holds, as `meta.pii` says; `personal` where that is true."""
    properties: Properties | None = None
    """Where `meta.pii` says it by the property that another column names."""


@dataclass(frozen=True)
class RawTable:
    """One raw table of a source, and where its files lie under the landing folder.

    `files` is a glob relative to the landing folder, without the format's ending. The rows of a
    lookup need not become records; nor those for which one of the SQL conditions `left_out` holds.
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

    @property
    def column_names(self) -> list[str]:
        """Names of all columns, in the order of their declaration."""
        return [column.name for column in self.columns]

    @property
    def required_columns(self) -> list[str]:
        """Names of the columns without which a row cannot pass."""
        return [column.name for column in self.columns if column.is_required]

    def column_of(self, header: str) -> str:
        """Name of the raw column that a header lands in; empty where nothing is left of it."""
        name = column_name(header)
        return next((column.name for column in self.columns if name in column.aliases), name)

    @property
    def declared_in(self) -> str:
        """Path of its declaration in the project."""
        return _declaration(self.source)


class ContractError(FunnelError):
    """A declaration that contradicts itself."""

    exit_code = 2


class UnknownSourceError(ValueError):
    """A source was asked for that has no folder under `models/staging/`."""


def available_sources(project_dir: Path = PROJECT_DIR) -> list[str]:
    """Names of the sources that have a folder under `models/staging/`."""
    return sorted(path.parent.name for path in project_dir.glob("models/staging/*/_*__sources.yml"))


def raw_tables(source: str, project_dir: Path = PROJECT_DIR) -> list[RawTable]:
    """The raw tables of one source, in the order of their declaration.

    Raises:
        UnknownSourceError: there is no such source.
        ContractError: a header could land in two columns, or in none that is declared; or an
            erasure could not do as `meta.pii` says.
    """
    return [
        _raw_table(source, table)
        for group in _declared(source, project_dir)
        for table in group["tables"]
        if table["name"] != LEDGER_TABLE
    ]


def contract_tables(project_dir: Path = PROJECT_DIR) -> dict[str, RawTable]:
    """The canonical contract by table name: the raw tables of the source `files`."""
    return {table.name: table for table in raw_tables("files", project_dir)}


def filled_tables(source: str, project_dir: Path = PROJECT_DIR) -> list[str]:
    """Names of the canonical tables that a source has a model `stg_<source>__<table>` for."""
    prefix = f"stg_{source}__"
    models = (project_dir / "models" / "staging" / source).glob(f"{prefix}*.sql")
    return sorted(model.stem.removeprefix(prefix) for model in models)


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


def _declared(source: str, project_dir: Path) -> list[dict[str, Any]]:
    path = project_dir / _declaration(source)
    if not path.is_file():
        known = ", ".join(available_sources(project_dir))
        raise UnknownSourceError(f"There is no source '{source}'. Known sources: {known}.")
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


def _raw_table(source: str, declared: dict[str, Any]) -> RawTable:
    meta = _meta(declared)
    table = RawTable(
        source=source,
        name=declared["name"],
        files=meta["files"],
        columns=_columns(declared["columns"]),
        key=tuple(meta.get("key", ())),
        version_column=meta.get("version_column"),
        is_required=meta.get("required", False),
        is_lookup=meta.get("role") == "lookup",
        left_out=tuple(rows["when"] for rows in meta.get("left_out", ())),
    )
    _assert_each_header_has_one_column(table)
    _assert_persons_can_be_erased(table)
    return table


def _assert_each_header_has_one_column(table: RawTable) -> None:
    owners: dict[str, str] = {}
    for column in table.columns:
        place = f"{table.declared_in}: column '{column.name}' of {table.name}"
        if (name := column_name(column.name)) != column.name:
            raise ContractError(f"{place}: the loader names it '{name}'. Write it so.")
        for name in dict.fromkeys((column.name, *column.aliases)):
            if not name:
                raise ContractError(f"{place} has an alias without letters or digits. Remove it.")
            if name in owners:
                raise ContractError(
                    f"{place}: its name or alias '{name}' is also that of column "
                    f"'{owners[name]}'. Remove it from one of the two."
                )
            owners[name] = column.name


def _assert_persons_can_be_erased(table: RawTable) -> None:
    kinds = set[str | None]()
    for column in table.columns:
        place = f"{table.declared_in}: column '{column.name}' of {table.name}"
        if column.properties and column.properties.by not in table.column_names:
            raise ContractError(
                f"{place}: its pii has to name the column that says which property the value is. "
                "Write it as `by: <column of the table>`."
            )
        of_column = {column.pii}
        if column.properties:
            of_column |= {kind for _, kind in column.properties.kinds}
        if unknown := of_column - {None, *KINDS}:
            raise ContractError(
                f"{place}: its pii is {', '.join(map(repr, unknown))}, which an erasure does not "
                f"know. Write true or one of {', '.join(KINDS)}."
            )
        kinds |= of_column
    if kinds - {None} and kinds.isdisjoint((*ID_KINDS, "email")):
        raise ContractError(
            f"{table.declared_in}: {table.name} has personal columns, and none that says whose row "
            f"it is. Declare the id or the address of the person: pii: {ID_KINDS[0]} (or "
            f"{', '.join(ID_KINDS[1:])}, email)."
        )


def _columns(declared: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=column["name"],
            data_type=column["data_type"],
            description=column["description"],
            is_required=_meta(column).get("required", False),
            accepted_values=tuple(_meta(column).get("accepted_values", ())),
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
