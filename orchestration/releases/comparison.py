"""Comparison of two releases: tables, columns, rows and metrics, counted inside DuckDB."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import duckdb
from pydantic import computed_field

from orchestration.releases.errors import ReleaseError
from orchestration.releases.manifest import Manifest, PublishedTable, Record
from orchestration.releases.store import resolve_release
from orchestration.sql import identifier, literal, qualified
from orchestration.warehouse.paths import DATABASE_FILE, Warehouse

METRIC_VALUES = "marts.mart_metric_values"
METRIC_CELL = ("metric", "period_type", "period_start_date", "segment_type", "segment_value")
SAME = 1e-9
"""Share of a value by which two builds of the same rows may differ: sums go by the rows' order."""
NOTHING = 1e-12
"""A difference that is none, where terms cancel out: a correlation of 0 may come out as 1e-17."""


class ColumnChange(Record):
    """A column whose type differs; None on the side that has no such column."""

    name: str
    before: str | None
    after: str | None


class TableChange(Record):
    """Differences in a table that both releases have.

    Rows are matched by `key`; without one, `removed` and `added` are whole rows and `changed` is 0.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[ColumnChange, ...]
    removed: int
    added: int
    changed: int

    @property
    def differs(self) -> bool:
        """True if anything differs."""
        return bool(self.columns or self.removed or self.added or self.changed)


class MetricChange(Record):
    """A metric value that differs; None on the side that has none."""

    metric: str
    period_type: str
    period_start_date: date | None
    segment_type: str
    segment_value: str
    before: float | None
    after: float | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def difference(self) -> float | None:
        """After less before; None where one is missing."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


class ReleaseDiff(Record):
    """Differences from one release to another.

    `metrics` holds the first of `metric_count` changed values, the whole before its segments,
    then the one that moved most for its size.
    """

    before: str
    after: str
    tables_removed: tuple[str, ...]
    tables_added: tuple[str, ...]
    tables: tuple[TableChange, ...]
    metric_count: int
    metrics: tuple[MetricChange, ...]

    @property
    def differs(self) -> bool:
        """True if anything differs."""
        return bool(self.tables_removed or self.tables_added or self.tables or self.metric_count)


def diff(
    warehouse: Warehouse,
    before: str,
    after: str,
    *,
    metric: str | None = None,
    limit: int = 20,
) -> ReleaseDiff:
    """Compare two releases, given by their ids, a beginning of these, `current` or `previous`.

    `metric` and `limit` narrow the listed metric values alone.

    Raises:
        ReleaseError: there is no such release, or it cannot be read.
    """
    first, second = resolve_release(warehouse, before), resolve_release(warehouse, after)
    with _attached(warehouse, first, second) as connection:
        shared = sorted(first.tables.keys() & second.tables.keys())
        changes = [
            _table_change(connection, name, first.tables[name], second.tables[name])
            for name in shared
        ]
        metrics = _metric_changes(connection, metric) if METRIC_VALUES in shared else []
    return ReleaseDiff(
        before=first.release_id,
        after=second.release_id,
        tables_removed=tuple(sorted(first.tables.keys() - second.tables.keys())),
        tables_added=tuple(sorted(second.tables.keys() - first.tables.keys())),
        tables=tuple(change for change in changes if change.differs),
        metric_count=len(metrics),
        metrics=tuple(metrics[:limit]),
    )


def moved_metrics(warehouse: Warehouse, first: Manifest, second: Manifest) -> int | None:
    """Number of metric values that differ; None where they cannot be compared."""
    try:
        with _attached(warehouse, first, second) as connection:
            return len(_metric_changes(connection, None))
    except (ReleaseError, duckdb.Error):
        return None


@contextmanager
def _attached(
    warehouse: Warehouse, first: Manifest, second: Manifest
) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for side, manifest in (("before", first), ("after", second)):
            path = warehouse.releases_dir / manifest.release_id / DATABASE_FILE
            try:
                connection.execute(f"attach {literal(str(path))} as {side}_release (read_only)")
            except duckdb.Error as error:
                raise ReleaseError(
                    f"Release {manifest.release_id} cannot be read: {error}\n"
                    "Choose another one (`funnel releases`)."
                ) from error
        yield connection


def _table_change(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    first: PublishedTable,
    second: PublishedTable,
) -> TableChange:
    shared = [column for column in first.columns if column in second.columns]
    key = second.key if second.key and set(second.key) <= set(shared) else ()
    query = _keyed_query(name, key, shared) if key else _keyless_query(name, shared)
    row = connection.execute(query).fetchone()
    assert row is not None
    removed, added, changed = row
    if changed:
        changed = _changed_rows(connection, name, key, shared, second)
    return TableChange(
        name=name,
        key=key,
        columns=tuple(_column_changes(first, second)),
        removed=removed,
        added=added,
        changed=changed,
    )


def _column_changes(first: PublishedTable, second: PublishedTable) -> Iterator[ColumnChange]:
    for name in sorted(first.columns.keys() | second.columns.keys()):
        before, after = first.columns.get(name), second.columns.get(name)
        if before != after:
            yield ColumnChange(name=name, before=before, after=after)


def _keyed_query(name: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """Rows removed, added and not the same to the last digit; by hashes, to hold no wide row."""
    keys, values = (", ".join(map(identifier, names)) for names in (key, columns))
    held = f"{keys}, hash({values}) as _row"
    return f"""
        select
            count(*) filter (where after._row is null),
            count(*) filter (where before._row is null),
            count(*) filter (where before._row != after._row)
        from (select {held} from before_release.{qualified(name)}) as before
        full outer join (select {held} from after_release.{qualified(name)}) as after
            on {_same_key(key)}
    """


def _changed_rows(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    key: Sequence[str],
    columns: Sequence[str],
    types: PublishedTable,
) -> int:
    """Rows in both releases that differ by more than the rounding of their sums."""
    differs = " or ".join(_differs(column, types.columns[column]) for column in columns)
    row = connection.execute(
        f"""
        select count(*)
        from before_release.{qualified(name)} as before
        inner join after_release.{qualified(name)} as after on {_same_key(key)}
        where {differs}
        """
    ).fetchone()
    assert row is not None
    return int(row[0])


def _same_key(key: Sequence[str]) -> str:
    return " and ".join(
        f"before.{identifier(column)} is not distinct from after.{identifier(column)}"
        for column in key
    )


def _differs(column: str, data_type: str) -> str:
    before, after = f"before.{identifier(column)}", f"after.{identifier(column)}"
    differs = f"{before} is distinct from {after}"
    if data_type != "DOUBLE":
        return differs
    return f"({differs} and {_is_same_sum(before, after)} is not true)"


def _is_same_sum(before: str, after: str) -> str:
    return (
        f"(isfinite({before}) and isfinite({after}) and abs({after} - {before}) "
        f"<= {SAME} * greatest(abs({after}), abs({before})) + {NOTHING})"
    )


def _keyless_query(name: str, columns: Sequence[str]) -> str:
    held = ", ".join(map(identifier, columns))
    before = f"select {held} from before_release.{qualified(name)}"
    after = f"select {held} from after_release.{qualified(name)}"
    return f"""
        select
            (select count(*) from ({before} except all {after})),
            (select count(*) from ({after} except all {before})),
            0
    """


def _metric_changes(
    connection: duckdb.DuckDBPyConnection, metric: str | None
) -> list[MetricChange]:
    cell = ", ".join(f"coalesce(before.{name}, after.{name})" for name in METRIC_CELL)
    same_cell = " and ".join(
        f"before.{name} is not distinct from after.{name}" for name in METRIC_CELL
    )
    of_metric = f"where metric = {literal(metric)}" if metric else ""
    rows = connection.execute(
        f"""
        select {cell}, before.metric_value, after.metric_value
        from (from before_release.{METRIC_VALUES} {of_metric}) as before
        full outer join (from after_release.{METRIC_VALUES} {of_metric}) as after on {same_cell}
        where
            before.metric_value is distinct from after.metric_value
            and {_is_same_sum("before.metric_value", "after.metric_value")} is not true
        order by
            coalesce(before.segment_type, after.segment_type) != 'all',
            abs(after.metric_value - before.metric_value)
            / nullif(abs(before.metric_value), 0) desc nulls last,
            {", ".join(str(number + 1) for number in range(len(METRIC_CELL)))}
        """
    ).fetchall()
    names = (*METRIC_CELL, "before", "after")
    return [MetricChange(**dict(zip(names, row, strict=True))) for row in rows]
