"""Metadata of a built model in Dagster: row count, columns, and each column's lineage.

dagster-dbt asks the database for this node by node, which takes longer than to build a small
company; here one connection answers for all. The lineage of columns follows from the code alone, so
dagster-dbt works it out where a model's code is new, and it is carried over from then on.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from orchestration.sql import identifier

LINEAGE = "dagster/column_lineage"
CODE_VERSION = "dagster/code_version"


def known_lineage(
    instance: dg.DagsterInstance, specs: Iterable[dg.AssetSpec]
) -> dict[dg.AssetKey, Any]:
    """The column lineage last recorded of each asset (null = it has none).

    An asset whose code changed since is left out.
    """
    versions = {spec.key: spec.code_version for spec in specs}
    known = {}
    for record in instance.get_asset_records(list(versions)):
        key, last = record.asset_entry.asset_key, record.asset_entry.last_materialization
        materialization = last.asset_materialization if last else None
        if materialization and (materialization.tags or {}).get(CODE_VERSION) == versions[key]:
            known[key] = materialization.metadata.get(LINEAGE)
    return known


def described(
    events: Sequence[Any],
    nodes: Mapping[str, Mapping[str, Any]],
    lineage: Mapping[str, Any],
    work_database: Path,
) -> list[Any]:
    """The events of a dbt build; those of models and seeds say also what was built.

    `lineage` is by unique id and counts where an event has none of its own.
    """
    with duckdb.connect(str(work_database), read_only=True) as connection:
        columns = _columns(connection)
        return [
            event.with_metadata(
                {
                    **_carried_over(lineage, _unique_id(event)),
                    **event.metadata,
                    **_metadata(connection, nodes[_unique_id(event)], columns),
                }
            )
            if isinstance(event, dg.Output)
            else event
            for event in events
        ]


def _carried_over(lineage: Mapping[str, Any], unique_id: str) -> dict[str, Any]:
    """The lineage of a node's columns as metadata; nothing where there is none."""
    known = lineage.get(unique_id)
    return {LINEAGE: known} if known else {}


def _unique_id(event: dg.Output[Any]) -> str:
    return str(event.metadata["unique_id"].value)


def _metadata(
    connection: duckdb.DuckDBPyConnection,
    node: Mapping[str, Any],
    columns: Mapping[tuple[str, str], list[tuple[str, str]]],
) -> dict[str, Any]:
    schema, name = node["schema"], node["alias"]
    described = {column.lower(): text["description"] for column, text in node["columns"].items()}
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(column, data_type, description=described.get(column))
                for column, data_type in columns.get((schema, name), [])
            ]
        )
    }
    if node["config"]["materialized"] != "view":
        table = f"{identifier(schema)}.{identifier(name)}"
        [[count]] = connection.execute(f"select count(*) from {table}").fetchall()
        metadata["dagster/row_count"] = count
    return metadata


def _columns(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    found = connection.execute(
        """
        select schema_name, table_name, column_name, data_type
        from duckdb_columns()
        where database_name = current_database()
        order by schema_name, table_name, column_index
        """
    ).fetchall()
    columns: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, data_type in found:
        columns.setdefault((schema, table), []).append((column, data_type))
    return columns
