"""Figures of landed raw tables: what was loaded since the last release against the loads before.

Without a release, and where nothing was loaded since, the newest load is what counts as new. A file
that was landed again under its name counts with its last content, so mending one clears it.

Each table is scanned once, for all of its figures (`profile_table`); the figures are arithmetic on
that profile. Raw tables hold text, and empty text counts as null, as it does in staging.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from math import log
from statistics import median
from typing import Any

import duckdb

from orchestration.audit.outcomes import SAMPLES, Figure
from orchestration.audit.thresholds import EVERY, Threshold
from orchestration.contract import LEDGER_TABLE, PROJECT_DIR, RawTable, raw_tables
from orchestration.sql import identifier, literal

RECENT_LOADS = 6
"""Loads that the newest one is held against."""
FEWEST_LOADS = 3
"""Earlier loads without which there is nothing to hold it against."""
FILLED_SHARE = 0.05
"""A column with less than this share of values may be empty in a load by chance."""

FIRST_MOMENT = "timestamp '2000-01-01'"

NO_LOAD = Figure(None, "nothing was loaded")
NO_HISTORY = Figure(None, "no earlier load")


@dataclass(frozen=True)
class Load:
    """One load of a table: its moment (UTC), the rows that it brought, and files replaced since."""

    loaded_at: datetime
    rows: int
    replaced_rows: int = 0
    replaced_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moments:
    """What a time column says: its latest plausible moment, and rows out of the plausible range."""

    latest: datetime | None
    future_rows: int
    early_rows: int


@dataclass(frozen=True)
class Profile:
    """One raw table, from one scan. New rows are those of the new loads."""

    connection: duckdb.DuckDBPyConnection
    table: RawTable
    columns: frozenset[str]
    loads: tuple[Load, ...]
    new_loads: tuple[Load, ...]
    source_loads: tuple[datetime, ...]
    new_rows: int = 0
    earlier_rows: int = 0
    new_keys: int = 0
    filled_new: Mapping[str, int] = field(default_factory=dict)
    filled_earlier: Mapping[str, int] = field(default_factory=dict)
    moments: Mapping[str, Moments] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    references: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def relation(self) -> str:
        """The raw table, quoted."""
        return relation_of(self.table)

    @property
    def newest(self) -> datetime:
        """Moment of the newest load."""
        return self.loads[-1].loaded_at

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
        found = self.connection.execute(
            f"""
            select _source_file, _source_row from {self.relation}
            where {self.is_new} and {condition}
            order by _source_file, _source_row
            limit {SAMPLES}
            """
        ).fetchall()
        return tuple(f"{file} row {row}" for file, row in found)


Measure = Callable[[Profile, Threshold, Mapping[str, Profile]], Figure]


def measure_landed(
    connection: duckdb.DuckDBPyConnection,
    thresholds: Sequence[Threshold],
    sources: Sequence[str],
    since: datetime | None = None,
) -> list[Figure]:
    """The figure of each threshold, which names a table of these sources.

    `since` is the moment (UTC) of the release that readers have: later loads are new.
    """
    figures: dict[str, Figure] = {}
    for source in sources:
        tables = {f"{source}.{table.name}": table for table in raw_tables(source)}
        history = _history(connection, source)
        profiles = {
            name: profile_table(
                connection,
                table,
                history,
                [threshold for threshold in thresholds if threshold.table == name],
                since,
            )
            for name, table in tables.items()
        }
        for threshold in thresholds:
            if profile := profiles.get(threshold.table):
                measure = LANDED_FIGURES[threshold.expectation]
                figures[threshold.name] = measure(profile, threshold, profiles)
    return [figures[threshold.name] for threshold in thresholds]


def relation_of(table: RawTable) -> str:
    """The raw table, quoted."""
    return f"{identifier(f'raw_{table.source}')}.{identifier(table.name)}"


def profile_table(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    history: Mapping[str, Sequence[Load]],
    thresholds: Sequence[Threshold],
    since: datetime | None,
) -> Profile:
    """Scan a raw table once, for the figures that these thresholds are about."""
    found = connection.execute(
        f"""
        select column_name from information_schema.columns
        where table_schema = {literal(f"raw_{table.source}")} and table_name = {literal(table.name)}
            and table_catalog = current_database()
        """
    ).fetchall()
    columns = frozenset(name for (name,) in found)
    loads = tuple(history.get(table.name, ()))
    profile = Profile(
        connection,
        table,
        columns,
        loads=loads,
        new_loads=tuple(load for load in loads if since and load.loaded_at > since) or loads[-1:],
        source_loads=tuple(
            sorted({load.loaded_at for loads in history.values() for load in loads})
        ),
        references={
            column: reference
            for column, threshold in _enumerations(table, thresholds).items()
            if column in columns and (reference := _reference(table, column, threshold))
        },
    )
    if not profile.loads or not {"_loaded_at", "_source_file", "_source_row"} <= columns:
        return profile
    return _scan(connection, profile, thresholds)


def _scan(
    connection: duckdb.DuckDBPyConnection, profile: Profile, thresholds: Sequence[Threshold]
) -> Profile:
    table = profile.table
    declared = [name for name in table.column_names if name in profile.columns]
    times = sorted(
        {t.column for t in thresholds if t.expectation in TIME_FIGURES and t.column}
        & profile.columns
    )
    key = [name for name in (*table.key, table.version_column) if name in profile.columns]
    aggregates = {
        "new_rows": f"count(*) filter ({profile.is_new})",
        "earlier_rows": f"count(*) filter (not ({profile.is_new}))",
        "new_keys": f"count(distinct hash({', '.join(map(identifier, key)) or 'null'})) "
        f"filter ({profile.is_new})",
    }
    for name in declared:
        value = identifier(name)
        aggregates[f"filled {name}"] = f"count(*) filter ({value} <> '')"
        aggregates[f"filled new {name}"] = f"count(*) filter ({profile.is_new} and {value} <> '')"
    for name in times:
        aggregates[f"latest {name}"] = f"max({_time(name)}) filter (not ({_is_future(name)}))"
        aggregates[f"future {name}"] = f"count(*) filter ({profile.is_new} and {_is_future(name)})"
        aggregates[f"early {name}"] = f"count(*) filter ({profile.is_new} and {_is_early(name)})"
    for name, reference in profile.references.items():
        aggregates[f"unknown {name}"] = (
            f"count(*) filter ({profile.is_new} and {_is_unknown(name, reference)})"
        )
    row = _one_row(connection, aggregates, profile.relation)
    filled_new = {name: int(row[f"filled new {name}"]) for name in declared}
    return Profile(
        connection=connection,
        table=table,
        columns=profile.columns,
        loads=profile.loads,
        new_loads=profile.new_loads,
        source_loads=profile.source_loads,
        references=profile.references,
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
        unknown={name: int(row[f"unknown {name}"]) for name in profile.references},
    )


def columns_missing(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Declared columns that the raw table has not."""
    missing = [name for name in profile.table.column_names if name not in profile.columns]
    return Figure(float(len(missing)), f"missing: {', '.join(missing)}" if missing else "")


def columns_emptied(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Columns that earlier loads filled, and the new rows leave wholly empty."""
    if (unjudged := _compared(profile, row)) is not None:
        return unjudged
    emptied = [
        name
        for name, filled in profile.filled_new.items()
        if not filled and profile.filled_earlier[name] >= FILLED_SHARE * profile.earlier_rows
    ]
    return Figure(
        float(len(emptied)),
        f"empty in all {profile.new_rows:,} new rows: {', '.join(emptied)}" if emptied else "",
        profile.samples("true") if emptied else (),
    )


def null_share_change(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Rise of the share of nulls in a column (`*`: in the worst one), new rows against earlier."""
    if (unjudged := _compared(profile, row)) is not None:
        return unjudged
    candidates = list(profile.filled_new) if row.column == EVERY else [str(row.column)]
    if not set(candidates) <= profile.filled_new.keys() or not candidates:
        return Figure(None, f"there is no column {row.column}")
    worst = max(candidates, key=profile.null_share_change)
    value = profile.null_share_change(worst)
    before = 1 - profile.filled_earlier[worst] / profile.earlier_rows
    detail = f"{worst}: null in {before:.1%} of earlier rows, {before + value:.1%} of new ones"
    text = identifier(worst)
    outside = not row.allows(value)
    return Figure(
        value,
        detail,
        profile.samples(f"({text} is null or {text} = '')") if outside else (),
    )


def volume_ratio(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Rows of a new load (the most unusual one) over the median of the last earlier loads."""
    if not profile.loads:
        return NO_LOAD
    before = profile.loads[: len(profile.loads) - len(profile.new_loads)]
    earlier = [load.rows for load in before][-RECENT_LOADS:]
    if len(earlier) < FEWEST_LOADS:
        return Figure(None, f"{len(earlier)} earlier loads, {FEWEST_LOADS} are needed")
    usual = median(earlier)
    if usual < max(row.min_rows, 1):
        return Figure(None, f"{usual:g} rows a load are too few to compare")
    counts = [
        load.rows - load.replaced_rows
        for load in profile.new_loads
        if load.rows > load.replaced_rows or not load.replaced_files
    ]
    rows = max(counts, key=lambda count: abs(log((count + 1) / usual)))
    return Figure(
        rows / usual,
        f"{rows:,} rows, where the last {len(earlier)} loads had {usual:,.0f} in the median",
    )


def loads_missed(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Newest loads of the source without this table, where it used to be in each."""
    if not profile.loads:
        return NO_LOAD
    of_table = {load.loaded_at for load in profile.loads}
    missed = [moment for moment in profile.source_loads if moment > profile.newest]
    before = [moment for moment in profile.source_loads if moment <= profile.newest]
    if len(before) < FEWEST_LOADS or not set(before[-FEWEST_LOADS:]) <= of_table:
        return Figure(None, "it is not part of every load")
    return Figure(float(len(missed)), f"last loaded at {profile.newest:%Y-%m-%d %H:%M} UTC")


def days_since_load(profile: Profile, _: Threshold, __: Mapping[str, Profile]) -> Figure:
    """Days from the newest load to now."""
    if not profile.loads:
        return NO_LOAD
    age = datetime.now(UTC).replace(tzinfo=None) - profile.newest
    return Figure(
        age.total_seconds() / 86_400, f"last loaded at {profile.newest:%Y-%m-%d %H:%M} UTC"
    )


def future_rows(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """New rows whose moment lies more than a day after they were loaded."""
    moments = profile.moments.get(str(row.column))
    if moments is None:
        return NO_LOAD
    count = moments.future_rows
    return Figure(
        float(count), samples=profile.samples(_is_future(str(row.column))) if count else ()
    )


def early_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of new rows whose moment lies before the year 2000."""
    moments = profile.moments.get(str(row.column))
    if moments is None:
        return NO_LOAD
    if (unjudged := _enough(profile, row)) is not None:
        return unjudged
    value = moments.early_rows / profile.new_rows
    return Figure(
        value,
        f"{moments.early_rows:,} of {profile.new_rows:,} new rows",
        () if row.allows(value) else profile.samples(_is_early(str(row.column))),
    )


def lag_days(profile: Profile, row: Threshold, others: Mapping[str, Profile]) -> Figure:
    """Days from a table's latest moment to the latest one of any table of its source."""
    latest = _latest(profile)
    if latest is None:
        return NO_LOAD
    if (unjudged := _enough(profile, row, profile.new_rows + profile.earlier_rows)) is not None:
        return unjudged
    newest, leader = max(
        (moment, other.table.name)
        for other in others.values()
        if (moment := _latest(other)) is not None
    )
    return Figure(
        (newest - latest).total_seconds() / 86_400,
        f"latest moment {latest:%Y-%m-%d %H:%M}; {leader} goes to {newest:%Y-%m-%d %H:%M} UTC",
    )


def unknown_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of new rows whose value (`*`: in the worst column) is none of the known ones."""
    if (unjudged := _enough(profile, row)) is not None:
        return unjudged
    named = [name for name in _enumerated(profile.table, row) if name in profile.unknown]
    if not named:
        return Figure(None, "no list of known values")
    worst = max(named, key=lambda name: profile.unknown[name])
    value = profile.unknown[worst] / profile.new_rows
    return Figure(
        value,
        f"{worst}: {profile.unknown[worst]:,} of {profile.new_rows:,} new rows",
        () if row.allows(value) else profile.samples(_is_unknown(worst, profile.references[worst])),
    )


def repeated_share(profile: Profile, row: Threshold, _: Mapping[str, Profile]) -> Figure:
    """Share of new rows that repeat the key and version of another new row."""
    if not {*profile.table.key} & profile.columns:
        return Figure(None, "the table declares no key")
    if (unjudged := _enough(profile, row)) is not None:
        return unjudged
    value = 1 - profile.new_keys / profile.new_rows
    repeated = profile.new_rows - profile.new_keys
    return Figure(
        value,
        f"{repeated:,} of {profile.new_rows:,} new rows",
        () if row.allows(value) else _repeated_rows(profile),
    )


LANDED_FIGURES: dict[str, Measure] = {
    measure.__name__: measure
    for measure in (
        columns_missing,
        columns_emptied,
        null_share_change,
        volume_ratio,
        loads_missed,
        days_since_load,
        future_rows,
        early_share,
        lag_days,
        unknown_share,
        repeated_share,
    )
}
TIME_FIGURES = {"future_rows", "early_share", "lag_days"}


def _history(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, list[Load]]:
    """The loads of each table, oldest first, by the ledger."""
    ledger = f"{identifier(f'raw_{source}')}.{identifier(LEDGER_TABLE)}"
    try:
        entries = connection.execute(
            f"""
            with files as (
                select
                    *,
                    loaded_at < max(loaded_at) over (partition by table_name, source_file)
                        as is_replaced
                from {ledger}
                where error is null
            )
            select
                table_name,
                loaded_at,
                sum(row_count),
                coalesce(sum(row_count) filter (is_replaced), 0),
                coalesce(list(file_id) filter (is_replaced), [])
            from files
            group by 1, 2
            order by 1, 2
            """
        ).fetchall()
    except duckdb.CatalogException:
        return {}
    history: dict[str, list[Load]] = {}
    for table, loaded_at, rows, replaced_rows, files in entries:
        load = Load(loaded_at, int(rows), int(replaced_rows), tuple(files))
        history.setdefault(table, []).append(load)
    return history


def _one_row(
    connection: duckdb.DuckDBPyConnection, aggregates: Mapping[str, str], relation: str
) -> dict[str, Any]:
    selected = ", ".join(f"{sql} as {identifier(name)}" for name, sql in aggregates.items())
    row = connection.execute(f"select {selected} from {relation}").fetchone()
    return dict(zip(aggregates, row or (), strict=True))


def _enumerations(table: RawTable, thresholds: Sequence[Threshold]) -> dict[str, Threshold]:
    """Columns of which values are to be known, and the threshold that says so."""
    return {
        name: threshold
        for threshold in thresholds
        if threshold.expectation == "unknown_share"
        for name in _enumerated(table, threshold)
    }


def _enumerated(table: RawTable, threshold: Threshold) -> list[str]:
    """The columns that a threshold wants known values in; `*`: those that the contract lists."""
    if threshold.column == EVERY:
        return [column.name for column in table.columns if column.accepted_values]
    return [str(threshold.column)]


def _reference(table: RawTable, column: str, threshold: Threshold) -> frozenset[str]:
    """The known values of a column: of a seed (`seeds/file.csv:column`), else of the contract."""
    if threshold.reference is None:
        declared = next(c for c in table.columns if c.name == column)
        return frozenset(_word(value) for value in declared.accepted_values)
    file, name = threshold.reference.split(":")
    with (PROJECT_DIR / file).open(encoding="utf-8", newline="") as rows:
        return frozenset(_word(row[name]) for row in csv.DictReader(rows))


def _word(value: str) -> str:
    return value.replace("_", " ").strip().lower()


def _is_unknown(column: str, reference: frozenset[str]) -> str:
    text = identifier(column)
    known = ", ".join(literal(value) for value in sorted(reference))
    return f"({text} <> '' and lower(trim(replace({text}, '_', ' '))) not in ({known}))"


def _time(column: str) -> str:
    return f"try_cast({identifier(column)} as timestamp)"


def _is_future(column: str) -> str:
    return f"({_time(column)} > _loaded_at + interval 1 day)"


def _is_early(column: str) -> str:
    return f"({_time(column)} < {FIRST_MOMENT})"


def _moment(moment: datetime) -> str:
    return f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'"


def _latest(profile: Profile) -> datetime | None:
    known = [moments.latest for moments in profile.moments.values() if moments.latest]
    return max(known, default=None)


def _repeated_rows(profile: Profile) -> tuple[str, ...]:
    names = (*profile.table.key, profile.table.version_column)
    key = ", ".join(identifier(name) for name in names if name in profile.columns)
    found = profile.connection.execute(
        f"""
        select _source_file, _source_row from {profile.relation}
        where {profile.is_new}
        qualify count(*) over (partition by {key}) > 1
        order by _source_file, _source_row
        limit {SAMPLES}
        """
    ).fetchall()
    return tuple(f"{file} row {row}" for file, row in found)


def _enough(profile: Profile, row: Threshold, rows: int | None = None) -> Figure | None:
    """Why there is nothing to judge; None where there is."""
    rows = profile.new_rows if rows is None else rows
    if rows < max(row.min_rows, 1):
        return Figure(None, f"{rows:,} rows, {max(row.min_rows, 1):,} are needed")
    return None


def _compared(profile: Profile, row: Threshold) -> Figure | None:
    """Why there is nothing to hold the newest load against; None where there is."""
    if not profile.earlier_rows:
        return NO_HISTORY
    return _enough(profile, row, min(profile.new_rows, profile.earlier_rows))
