"""Metadata of a built model in Dagster: row count, columns, and each column's lineage.

dagster-dbt asks the database for this node by node, which takes longer than to build a small
company; here one connection answers for all. The lineage of columns follows from the code alone: it
is worked out where a model's code is new, and carried over from then on.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from sqlglot.errors import SqlglotError

from orchestration.defs.dbt.column_lineage import Relation, column_lineage
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


@dataclass(frozen=True)
class BuiltProject:
    """A build of the project that has ended, to read what it made."""

    manifest: Mapping[str, Any]
    target: Path
    """Folder of the compiled code."""
    work_database: Path
    asset_key: Callable[[Mapping[str, Any]], dg.AssetKey]
    """The asset of a node."""

    def node(self, unique_id: str) -> Mapping[str, Any]:
        """A node or a source of the manifest."""
        found = self.manifest["nodes"].get(unique_id) or self.manifest["sources"][unique_id]
        return dict(found)

    def compiled_sql(self, node: Mapping[str, Any]) -> str:
        """The SQL of a model as it ran."""
        path: Path = self.target / "compiled" / node["package_name"] / node["original_file_path"]
        return path.read_text(encoding="utf-8")


def described(
    events: Sequence[Any], project: BuiltProject, lineage: Mapping[str, Any], log: logging.Logger
) -> list[Any]:
    """The events of a dbt build; those of models and seeds say also what was built.

    `lineage` has what is known of it already, by unique id (null = a node has none).
    """
    with duckdb.connect(str(project.work_database), read_only=True) as connection:
        columns = _columns(connection)
        return [
            event.with_metadata(
                {
                    **event.metadata,
                    **_lineage(project, _unique_id(event), lineage, columns, log),
                    **_metadata(connection, project.node(_unique_id(event)), columns),
                }
            )
            if isinstance(event, dg.Output)
            else event
            for event in events
        ]


def _lineage(
    project: BuiltProject,
    unique_id: str,
    known: Mapping[str, Any],
    columns: Mapping[Relation, Mapping[str, str]],
    log: logging.Logger,
) -> dict[str, Any]:
    """The lineage of a node's columns as metadata; nothing where it has none."""
    node = project.node(unique_id)
    if unique_id in known:
        return {LINEAGE: known[unique_id]} if known[unique_id] else {}
    if node["resource_type"] != "model":
        return {}
    parents = {
        _relation(parent): project.asset_key(parent)
        for parent in map(project.node, node["depends_on"]["nodes"])
    }
    try:
        return {LINEAGE: column_lineage(project.compiled_sql(node), parents, columns)}
    except (SqlglotError, LookupError, TypeError, ValueError) as error:
        # the build succeeded, whatever sqlglot makes of its SQL
        log.warning(f"The column lineage of {node['name']} cannot be read: {error}")
        return {}


def _relation(node: Mapping[str, Any]) -> Relation:
    return Relation(node["database"], node["schema"], node.get("identifier") or node["alias"])


def _unique_id(event: dg.Output[Any]) -> str:
    return str(event.metadata["unique_id"].value)


def _metadata(
    connection: duckdb.DuckDBPyConnection,
    node: Mapping[str, Any],
    columns: Mapping[Relation, Mapping[str, str]],
) -> dict[str, Any]:
    relation = _relation(node)
    described = {column.lower(): text["description"] for column, text in node["columns"].items()}
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(column, data_type, description=described.get(column))
                for column, data_type in columns.get(relation, {}).items()
            ]
        )
    }
    if node["config"]["materialized"] != "view":
        table = f"{identifier(relation.schema)}.{identifier(relation.name)}"
        [[count]] = connection.execute(f"select count(*) from {table}").fetchall()
        metadata["dagster/row_count"] = count
    return metadata


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[Relation, dict[str, str]]:
    found = connection.execute(
        """
        select database_name, schema_name, table_name, column_name, data_type
        from duckdb_columns()
        where database_name = current_database()
        order by schema_name, table_name, column_index
        """
    ).fetchall()
    columns: dict[Relation, dict[str, str]] = {}
    for database, schema, table, column, data_type in found:
        columns.setdefault(Relation(database, schema, table), {})[column] = data_type
    return columns
