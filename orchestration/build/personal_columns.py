"""Checks that each raw column that a mapping makes personal data of is declared as such.

Erasures go by `meta.pii` of the raw columns, and not by the mapping of today: a column that it read
yesterday is still in the raw tables.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from orchestration.build.mappings import checksum, folder_of, mappings_of
from orchestration.contract import (
    ID_KINDS,
    PROJECT_DIR,
    Column,
    RawTable,
    contract_tables,
    filled_tables,
    raw_tables,
)
from orchestration.errors import FunnelError
from orchestration.ingestion.columns import METADATA
from orchestration.ingestion.ledger import dataset_name
from orchestration.settings import Settings

CHECKED = "personal_columns"
"""File with the checksum of what was checked and found in order."""

OWNED = {"personal", "attribute"}
"""Kinds that an erasure can take out of a row alone that says whose it is."""


@dataclass(frozen=True)
class UndeclaredColumn:
    """A raw column that is personal by the mapping and not by its declaration."""

    what: str
    fix: str


class UndeclaredColumnsError(FunnelError):
    """A source has personal columns that an erasure would leave as they are."""

    def __init__(self, source: str, columns: Iterable[UndeclaredColumn]) -> None:
        super().__init__(
            f"Nothing was loaded: source '{source}' has personal data that an erasure would not "
            "find.\n" + "\n".join(f"  {column.what}\n    fix: {column.fix}" for column in columns)
        )


def assert_personal_columns_are_declared(settings: Settings, sources: Sequence[str]) -> None:
    """Stop where the mapping of a source makes personal data of a column that is not declared so.

    Mappings that did not change since they were found in order are not compiled again.

    Raises:
        UndeclaredColumnsError: names the columns, and what to add.
        MappingError: a mapping cannot be compiled.
    """
    new = [source for source in sources if not is_in_order(source)]
    for source, mappings in mappings_of(settings, new).items():
        if undeclared := undeclared_columns(source, mappings):
            raise UndeclaredColumnsError(source, undeclared)
        remember(source)


def is_in_order(source: str) -> bool:
    """True if the mappings of a source, as they are, were found in order."""
    return _is_the_contract(source) or _known(source) == checksum(source)


def remember(source: str) -> None:
    """Note that the mappings of a source, as they are, were found in order."""
    with suppress(OSError):  # where it cannot be written, the next load checks again
        folder_of(source).mkdir(parents=True, exist_ok=True)
        (folder_of(source) / CHECKED).write_text(checksum(source), encoding="utf-8")


def undeclared_columns(source: str, mappings: Mapping[str, str]) -> list[UndeclaredColumn]:
    """The personal columns that a source does not declare; `mappings` is SQL by contract table."""
    feeds = _Feeds({table.name: table for table in raw_tables(source)})
    for name, sql in mappings.items():
        feeds.add(f"models/staging/{source}/stg_{source}__{name}.sql", name, sql)
    return [*feeds.unreadable, *_judged(feeds)]


class _Feeds:
    """Personal columns of the contract that the raw columns of a source feed, and their kind."""

    def __init__(self, tables: Mapping[str, RawTable]) -> None:
        self.tables = tables
        self.columns: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        """Kind by contract column, by raw table and column."""
        self.properties: dict[tuple[str, str, str], dict[str, str | None]] = defaultdict(dict)
        """The same for one property of a history; None for a column that is not personal."""
        self.untold: dict[tuple[str, str], list[str]] = defaultdict(list)
        """Contract columns that a history feeds, by which property cannot be told."""
        self.unreadable: list[UndeclaredColumn] = []

    def add(self, path: str, contract: str, sql: str) -> None:
        """What the mapping of a contract table says."""
        # sqlglot takes half a second to import, and most loads need none of it
        from orchestration.build.value_origins import Query, UnreadableError  # noqa: PLC0415

        known = {
            (dataset_name(table.source), name): [*table.column_names, *METADATA.names]
            for name, table in self.tables.items()
        }
        histories = any(c.properties for table in self.tables.values() for c in table.columns)
        try:
            query = Query(sql, known)
        except UnreadableError as error:
            self._add_unreadable(f"{path} cannot be read: {error}.")
            return
        for column in contract_tables()[contract].columns:
            if not column.pii and not histories:
                continue
            place = f"{contract}.{column.name}"
            try:
                for origin in query.origins(column.name):
                    if origin.table in self.tables and origin.column not in METADATA.names:
                        raw = origin.table, origin.column
                        self._add_origin(raw, dict(origin.limits), place, column.pii)
            except UnreadableError as error:
                if column.pii:
                    self._add_unreadable(
                        f"{path}: where {place} comes from cannot be told: {error}."
                    )

    def _add_origin(
        self,
        raw: tuple[str, str],
        limits: Mapping[str, frozenset[str]],
        place: str,
        kind: str | None,
    ) -> None:
        properties = self.column(*raw).properties
        if properties and properties.by in limits:
            for name in limits[properties.by]:
                self.properties[*raw, name][place] = kind
        elif properties and kind:
            self.untold[raw].append(place)
        elif kind:
            self.columns[raw][place] = kind

    def _add_unreadable(self, what: str) -> None:
        self.unreadable.append(
            UndeclaredColumn(
                what,
                "Declare the raw column in the yml of the source; write the mapping with columns "
                "by name, joins, cases and filters",
            )
        )

    def column(self, table: str, name: str) -> Column:
        """The declaration of a raw column."""
        return next(column for column in self.tables[table].columns if column.name == name)


def _judged(feeds: _Feeds) -> Iterator[UndeclaredColumn]:
    for (table, name), kinds in feeds.columns.items():
        declared, fitting = feeds.column(table, name).pii, _fitting(kinds.values())
        if declared not in fitting:
            raw = feeds.tables[table]
            yield UndeclaredColumn(
                f"{raw.source}.{table}.{name} feeds {', '.join(kinds)} and is "
                f"{f'declared as {declared}' if declared else 'not declared as personal'}.",
                f"Add `pii: {fitting[0]}` to the meta of column '{name}' in {raw.declared_in} "
                "(`pii: {by: <column>, <property>: <kind>}` if another column says what it holds)",
            )
        elif OWNED.intersection(kinds.values()) and not _has_owner(feeds.tables[table]):
            raw = feeds.tables[table]
            yield UndeclaredColumn(
                f"{raw.source}.{table}.{name} feeds {', '.join(kinds)}, and no column of {table} "
                "says whose row it is.",
                f"Add `pii: lead_id` (or {', '.join(ID_KINDS[1:])}, email) to the meta of the "
                f"column that does, in {raw.declared_in}",
            )
    for (table, name), places in feeds.untold.items():
        properties = feeds.column(table, name).properties
        assert properties
        yield UndeclaredColumn(
            f"{feeds.tables[table].source}.{table}.{name} feeds {', '.join(places)}; by which "
            "property cannot be told.",
            f"Compare {properties.by} with a text where the mapping takes the value: "
            f"case when {properties.by} = '...' then {name} end",
        )
    for (table, name, text), fed in feeds.properties.items():
        properties = feeds.column(table, name).properties
        assert properties
        declared_kinds = dict(properties.kinds)
        personal = [kind for kind in fed.values() if kind]
        fitting = _fitting(personal) if personal else ["false"]
        if text not in declared_kinds or (personal and declared_kinds[text] not in fitting):
            raw = feeds.tables[table]
            yield UndeclaredColumn(
                f"Property '{text}' of {raw.source}.{table}.{name} feeds {', '.join(fed)} and is "
                f"{'declared otherwise' if text in declared_kinds else 'not declared'}.",
                f"Add `{text}: {fitting[0]}` to the pii of column '{name}' in {raw.declared_in}",
            )


def _has_owner(table: RawTable) -> bool:
    return any(column.kinds & {*ID_KINDS, "email"} for column in table.columns)


def _fitting(fed: Iterable[str]) -> list[str]:
    """Kinds that a column may be declared as that feeds these, the one to propose first.

    An id or address has to be found again, so nothing else will do; of the others, one that
    an erasure treats as strictly will.
    """
    kinds = {*fed}
    ids = [kind for kind in ID_KINDS if kind in kinds]
    if ids or "email" in kinds:
        return [*ids, *(["email"] if "email" in kinds else [])]
    mildest = next(kind for kind in ("personal", "attribute", "free_text") if kind in kinds)
    order = ["free_text", "attribute", "personal", "email", *ID_KINDS]
    return order[order.index(mildest) :]


def _is_the_contract(source: str) -> bool:
    """True if all mappings take the contract's own columns as they are."""
    staging = PROJECT_DIR / "models" / "staging" / source
    return source == "files" and all(
        (staging / f"stg_files__{table}.sql").read_text(encoding="utf-8").split()
        == ["{{", "map_table(source('files',", f"'{table}'))", "}}"]
        for table in filled_tables(source)
    )


def _known(source: str) -> str | None:
    path = folder_of(source) / CHECKED
    return path.read_text(encoding="utf-8") if path.is_file() else None
