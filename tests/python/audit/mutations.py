"""How to break a good warehouse, so that one expectation must say so: a function per expectation.

Each takes the connection, the threshold to break and the side of it, within a transaction.
"""

from collections.abc import Callable

import duckdb

from orchestration.audit import Threshold
from orchestration.contract import RawTable, raw_tables
from orchestration.sql import identifier, qualified

Mutation = Callable[[duckdb.DuckDBPyConnection, Threshold, str], None]


def raw(row: Threshold) -> tuple[RawTable, str]:
    source, name = row.table.split(".")
    table = next(table for table in raw_tables(source) if table.name == name)
    return table, f"raw_{source}.{name}"


def new_rows(relation: str) -> str:
    return f"_loaded_at = (select max(_loaded_at) from {relation})"


def some(share: float) -> str:
    return f"hash(_source_file, _source_row) % 1000 < {int(share * 1000)}"


def filled_column(connection: duckdb.DuckDBPyConnection, table: RawTable, relation: str) -> str:
    for name in table.column_names:
        (filled,) = connection.execute(
            f"select avg(({name} <> '')::int) from {relation}"
        ).fetchone() or (0,)
        if name not in table.key and (filled or 0) > 0.5:
            return name
    raise AssertionError(f"{relation} has no filled column beside its key")


def columns_missing(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    connection.execute(f"alter table {relation} drop column {table.column_names[-1]}")


def required_missing(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    connection.execute(f"update {relation} set {table.required_columns[-1]} = null")


def float_ids(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    connection.execute(
        f"update {relation} set {table.key[0]} = '1.23457E+12' where {new_rows(relation)}"
    )


def columns_emptied(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    column = filled_column(connection, table, relation)
    connection.execute(f"update {relation} set {column} = '' where {new_rows(relation)}")


def null_share_change(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    column = filled_column(connection, table, relation) if row.column == "*" else row.column
    connection.execute(
        f"update {relation} set {column} = null where {new_rows(relation)} and {some(0.6)}"
    )


def volume_ratio(connection: duckdb.DuckDBPyConnection, row: Threshold, side: str) -> None:
    table, relation = raw(row)
    if side == "minimum":
        connection.execute(f"delete from {relation} where {new_rows(relation)} and {some(0.95)}")
    else:
        for _ in range(4):
            connection.execute(
                f"insert into {relation} select * from {relation} where {new_rows(relation)}"
            )
    connection.execute(
        f"""
        update raw_{table.source}.landed_files
        set row_count = (select count(*) from {relation} where {new_rows(relation)})
        where table_name = '{table.name}' and loaded_at = (select max(_loaded_at) from {relation})
        """
    )


def loads_missed(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    connection.execute(
        f"delete from raw_{table.source}.landed_files where table_name = '{table.name}' "
        f"and loaded_at = (select max(_loaded_at) from {relation})"
    )
    connection.execute(f"delete from {relation} where {new_rows(relation)}")


def days_since_load(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    for name, column in (
        (f"raw_{table.source}.landed_files", "loaded_at"),
        (relation, "_loaded_at"),
    ):
        connection.execute(f"update {name} set {column} = {column} - interval 40 day")


def future_rows(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    _table, relation = raw(row)
    connection.execute(
        f"update {relation} set {row.column} = '2099-01-01T00:00:00Z' "
        f"where {new_rows(relation)} and {some(0.1)}"
    )


def early_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    _table, relation = raw(row)
    connection.execute(
        f"update {relation} set {row.column} = '1970-01-01T00:00:00Z' "
        f"where {new_rows(relation)} and {some(0.1)}"
    )


def lag_days(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    _table, relation = raw(row)
    connection.execute(f"delete from {relation} where {row.column} >= '2024-11-15'")


def unknown_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    table, relation = raw(row)
    listed = [column.name for column in table.columns if column.accepted_values]
    column = listed[0] if row.column == "*" else row.column
    connection.execute(
        f"update {relation} set {column} = 'maria@example.com' "
        f"where {new_rows(relation)} and {some(0.2)}"
    )


def repeated_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    _table, relation = raw(row)
    connection.execute(
        f"insert into {relation} "
        f"select * from {relation} where {new_rows(relation)} and {some(0.4)}"
    )


def identities_broken(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(
        f"update {row.table} set left_value = left_value + 1, is_held = false "
        "where identity = 'mql_outcomes'"
    )


def identities_lost(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(f"delete from {row.table} where identity = 'mql_outcomes'")


def row_count_change(connection: duckdb.DuckDBPyConnection, row: Threshold, side: str) -> None:
    table = qualified("marts.mart_attrition" if row.table == "*" else row.table)
    if side == "minimum":
        lost = 0.6 if row.table == "*" else 0.1
        connection.execute(f"delete from {table} as t where hash(t) % 100 < {int(lost * 100)}")
    else:
        times = int(row.maximum or 0) + 2
        connection.execute(f"insert into {table} select t.* from {table} as t, range({times})")


def population_stability(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    column = identifier(str(row.column))
    connection.execute(f"update {row.table} as t set {column} = 'moved' where hash(t) % 2 = 0")


def settled_change(connection: duckdb.DuckDBPyConnection, row: Threshold, side: str) -> None:
    factor = 0.9 if side == "minimum" else 1.1
    connection.execute(
        f"update {row.table} set metric_value = metric_value * {factor} "
        f"where metric = '{row.column}'"
    )


def metric_value(connection: duckdb.DuckDBPyConnection, row: Threshold, side: str) -> None:
    limit = float((row.minimum if side == "minimum" else row.maximum) or 0)
    value = limit / 2 if side == "minimum" else (1 + limit) / 2
    connection.execute(
        f"update {row.table} set metric_value = {value} "
        f"where metric = '{row.column}' and period_type = 'all'"
    )


def rows_after_as_of(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(
        f"update {row.table} set {row.column} = timestamp '2099-01-01' "
        f"where rowid = (select min(rowid) from {row.table})"
    )


def largest_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(
        f"update {row.table} set {row.column} = (select sum({row.column}) from {row.table}) "
        f"where rowid = (select min(rowid) from {row.table} where {row.column} > 0)"
    )


def rate_age_days(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(f"update {row.table} set currency = 'USD'")
    connection.execute("delete from reference.fx_rates where valid_from > date '2025-03-01'")


def quarantined_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(f"update {row.table} set quarantined_rows = landed_rows // 2")


def nulled_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(f"update {row.table} set nulled_rows = landed_rows // 2")


def unmatched_share(connection: duckdb.DuckDBPyConnection, row: Threshold, _: str) -> None:
    connection.execute(
        f"update {row.table} set unmatched_rows = reference_rows, unmatched_share = 1, sample = 'f'"
    )


MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        columns_missing,
        required_missing,
        float_ids,
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
        identities_broken,
        identities_lost,
        row_count_change,
        population_stability,
        settled_change,
        metric_value,
        rows_after_as_of,
        largest_share,
        rate_age_days,
        quarantined_share,
        nulled_share,
        unmatched_share,
    )
}
