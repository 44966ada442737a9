"""The profile of a landed raw table: one scan, for all of its figures.

Raw tables hold text, and empty text counts as null, as it does in staging.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import duckdb

from orchestration.audit.figures import SAMPLES
from orchestration.audit.known_values import is_unknown
from orchestration.audit.loads import Load, loads_of_files
from orchestration.contract import WHOLE_EXPORT, RawTable, mapping_model
from orchestration.errors import FunnelError
from orchestration.mapping_sql import standalone
from orchestration.sql import identifier, literal
from orchestration.words import iso_moment

FIRST_MOMENT = "timestamp '2000-01-01'"
FLOAT = r"-?[0-9]+([.]0|([.][0-9]+)?[eE][+][0-9]+)"
"""How pandas (12.0, 1.5e+17) and Excel (1.23457E+12) write an id that they took for a number."""
PLANNED = "is_planned"
"""Column that says of an activity that it is planned, and not done."""


@dataclass(frozen=True)
class Moments:
    """Figures of a time column: latest plausible moment, and rows outside the plausible range."""

    latest: datetime | None
    future_rows: int
    early_rows: int


@dataclass(frozen=True)
class Profile:
    """One raw table, from one scan. New rows are those of the new loads."""

    connection: duckdb.DuckDBPyConnection
    table: RawTable
    columns: frozenset[str]
    known_values: Mapping[str, frozenset[str]]
    loads: tuple[Load, ...] = ()
    new_loads: tuple[Load, ...] = ()
    source_loads: tuple[datetime, ...] = ()
    records: str | None = None
    """The relation to look at, where it is not the raw table but what a mapping makes."""
    new_rows: int = 0
    earlier_rows: int = 0
    new_keys: int = 0
    filled_new: Mapping[str, int] = field(default_factory=dict)
    filled_earlier: Mapping[str, int] = field(default_factory=dict)
    moments: Mapping[str, Moments] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    float_ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def relation(self) -> str:
        """The raw table or the records of the mapping, quoted."""
        return (
            self.records
            or f"{identifier(f'raw_{self.table.source}')}.{identifier(self.table.name)}"
        )

    def with_loads(
        self,
        of_table: Sequence[Load],
        of_source: Mapping[str, Sequence[Load]],
        since: datetime | None,
    ) -> "Profile":
        """The profile with the loads of its table; those after `since` are new."""
        return replace(
            self,
            loads=tuple(of_table),
            new_loads=tuple(load for load in of_table if since and load.loaded_at > since)
            or tuple(of_table[-1:]),
            source_loads=tuple(
                sorted({load.loaded_at for of_any in of_source.values() for load in of_any})
            ),
        )

    @property
    def key(self) -> str:
        """SQL of the columns that tell its rows apart, as far as they are there; may be empty.

        Systems may share ids, and whole exports repeat each other.
        """
        export = ("_file_id",) if self.table.load == WHOLE_EXPORT else ()
        names = ("source_system", *self.table.key, self.table.version_column, *export)
        return ", ".join(identifier(name) for name in names if name in self.columns)

    @property
    def newest(self) -> datetime:
        """Moment of the newest load."""
        return self.loads[-1].loaded_at

    @property
    def latest(self) -> datetime | None:
        """The latest plausible moment that any time column says."""
        known = [moments.latest for moments in self.moments.values() if moments.latest]
        return max(known, default=None)

    @cached_property
    def is_new(self) -> str:
        """SQL condition: the row is of a new load, and its file was not replaced since."""
        is_of_load = f"_loaded_at >= {_moment(self.new_loads[0].loaded_at)}"
        replaced = [literal(file) for load in self.new_loads for file in load.replaced_files]
        if not replaced:
            return is_of_load
        return f"({is_of_load} and _file_id not in ({', '.join(replaced)}))"

    def null_share_change(self, column: str) -> float:
        """Share of nulls among new rows less that among earlier rows; there are both."""
        new = 1 - self.filled_new[column] / self.new_rows
        return new - (1 - self.filled_earlier[column] / self.earlier_rows)

    def samples(self, condition: str) -> tuple[str, ...]:
        """File and row number of some new rows; what the row says stays where it is."""
        return self._places(f"where {self.is_new} and {condition}")

    def repeated_samples(self) -> tuple[str, ...]:
        """File and row number of some new rows that share their key with another one."""
        return self._places(
            f"where {self.is_new} qualify count(*) over (partition by {self.key}) > 1"
        )

    def _places(self, clauses: str) -> tuple[str, ...]:
        found = self.connection.execute(
            f"""
            select _source_file, _source_row from {self.relation}
            {clauses}
            order by _source_file, _source_row
            limit {SAMPLES}
            """
        ).fetchall()
        return tuple(f"{file} row {row}" for file, row in found)


def profile_table(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    loads: Mapping[str, Sequence[Load]],
    *,
    since: datetime | None,
    times: Collection[str],
    known_values: Mapping[str, frozenset[str]],
) -> Profile:
    """Scan a raw table once; what was loaded after `since` (UTC) is new.

    `times` are columns to be read as moments, `known_values` those whose unknown values are
    counted. Columns that the table lacks are left out.
    """
    found = connection.execute(
        f"""
        select column_name from information_schema.columns
        where table_schema = {literal(f"raw_{table.source}")} and table_name = {literal(table.name)}
            and table_catalog = current_database()
        """
    ).fetchall()
    columns = frozenset(name for (name,) in found)
    profile = Profile(connection, table, columns, _of(columns, known_values)).with_loads(
        loads.get(table.name, ()), loads, since
    )
    if not profile.loads or not {"_loaded_at", "_source_file", "_source_row"} <= columns:
        return profile
    return _scan(profile, sorted(columns.intersection(times)))


def profile_mapping(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    sql: str | None,
    loads: Mapping[str, Sequence[Load]],
    *,
    since: datetime | None,
    judged: Collection[str],
    times: Collection[str],
    known_values: Mapping[str, frozenset[str]],
) -> Profile:
    """Run a mapping once, and profile its records as a raw table with the contract's columns.

    `table` is the contract's, as one of the source; `sql` its compiled mapping, None where there is
    none. `judged` are the columns that are looked at. Loads are those of the raw tables that the
    records come from.

    Raises:
        FunnelError: the mapping does not run.
    """
    columns = frozenset({*judged, PLANNED}.intersection(table.column_names))
    model = mapping_model(table.source, table.name)
    records = f"temp.{identifier(model)}"
    profile = Profile(connection, table, columns, _of(columns, known_values), records=records)
    if sql is None or not loads:
        return profile
    texts = "".join(f"cast({identifier(n)} as varchar) as {identifier(n)}, " for n in columns)
    try:
        connection.execute(
            f"create or replace temp table {identifier(model)} as "
            f"select {texts}_file_id, _source_file, _source_row, _loaded_at "
            f"from ({standalone(sql)})"
        )
    except duckdb.Error as error:
        raise FunnelError(
            f"models/staging/{table.source}/{model}.sql does not run, so what it makes of the "
            f"landed rows cannot be audited: {str(error).splitlines()[0]}"
        ) from error
    of_records = loads_of_files(connection, table.source, loads, records)
    profile = profile.with_loads(of_records, loads, since)
    return _scan(profile, sorted(columns.intersection(times))) if of_records else profile


def _of(
    columns: frozenset[str], known_values: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    return {column: values for column, values in known_values.items() if column in columns}


def is_future(column: str, columns: Collection[str]) -> str:
    """SQL that is true for a moment more than a day after its row was loaded, unless planned."""
    is_later = f"{_time(column)} > _loaded_at + interval 1 day"
    if PLANNED not in columns:
        return f"({is_later})"
    return f"({is_later} and coalesce(try_cast({PLANNED} as boolean), false) is false)"


def is_early(column: str) -> str:
    """SQL that is true for a moment before the year 2000."""
    return f"({_time(column)} < {FIRST_MOMENT})"


def is_float_id(column: str) -> str:
    """SQL that is true for an id that is written as a number with a fraction or an exponent."""
    value = identifier(column)
    # few ids have such a part, and looking for it costs a tenth of the pattern
    may_be = f"(suffix({value}, '.0') or contains({value}, 'e+') or contains({value}, 'E+'))"
    return f"({may_be} and regexp_full_match({value}, {literal(FLOAT)}))"


def _scan(profile: Profile, times: Sequence[str]) -> Profile:
    declared = [name for name in profile.table.column_names if name in profile.columns]
    is_new = profile.is_new
    aggregates = {
        "new_rows": f"count(*) filter ({is_new})",
        "earlier_rows": f"count(*) filter (not ({is_new}))",
        "new_keys": f"count(distinct hash({profile.key or 'null'})) filter ({is_new})",
    }
    for name in declared:
        value = identifier(name)
        aggregates[f"filled {name}"] = f"count(*) filter ({value} <> '')"
        aggregates[f"filled new {name}"] = f"count(*) filter ({is_new} and {value} <> '')"
    ids = [column.name for column in profile.table.id_columns if column.name in declared]
    for name in ids:
        aggregates[f"float {name}"] = f"count(*) filter ({is_new} and {is_float_id(name)})"
    for name in times:
        future = is_future(name, profile.columns)
        aggregates[f"latest {name}"] = f"max({_time(name)}) filter (not {future})"
        aggregates[f"future {name}"] = f"count(*) filter ({is_new} and {future})"
        aggregates[f"early {name}"] = f"count(*) filter ({is_new} and {is_early(name)})"
    for name, known in profile.known_values.items():
        aggregates[f"unknown {name}"] = f"count(*) filter ({is_new} and {is_unknown(name, known)})"
    row = _one_row(profile.connection, aggregates, profile.relation)
    filled_new = {name: int(row[f"filled new {name}"]) for name in declared}
    return replace(
        profile,
        new_rows=int(row["new_rows"]),
        earlier_rows=int(row["earlier_rows"]),
        new_keys=int(row["new_keys"]),
        filled_new=filled_new,
        filled_earlier={name: int(row[f"filled {name}"]) - filled_new[name] for name in declared},
        moments={
            name: Moments(
                row[f"latest {name}"], int(row[f"future {name}"]), int(row[f"early {name}"])
            )
            for name in times
        },
        unknown={name: int(row[f"unknown {name}"]) for name in profile.known_values},
        float_ids={name: int(row[f"float {name}"]) for name in ids},
    )


def _one_row(
    connection: duckdb.DuckDBPyConnection, aggregates: Mapping[str, str], relation: str
) -> dict[str, Any]:
    selected = ", ".join(f"{sql} as {identifier(name)}" for name, sql in aggregates.items())
    row = connection.execute(f"select {selected} from {relation}").fetchone()
    return dict(zip(aggregates, row or (), strict=True))


def _time(column: str) -> str:
    return iso_moment(f"cast({identifier(column)} as varchar)")


def _moment(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'"
