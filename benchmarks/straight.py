"""`python -m benchmarks.straight DATABASE TARGET`: runs what a dbt build ran, without dbt.

Takes the compiled SQL of every seed, model and test of the build whose artefacts are in TARGET, in
the order in which dbt ran them, and executes it in one DuckDB connection on DATABASE.
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import PROJECT_DIR


def statements(manifest: dict[str, Any], results: dict[str, Any]) -> list[str]:
    """The SQL of the build, one statement a node."""
    nodes = manifest["nodes"]
    ran = [result for result in results["results"] if result["unique_id"] in nodes]
    made = [r for r in ran if nodes[r["unique_id"]]["resource_type"] in ("seed", "model")]
    tested = [r for r in ran if nodes[r["unique_id"]]["resource_type"] == "test"]
    return [
        *(_statement(nodes[result["unique_id"]]) for result in made),
        *(f"select count(*) from ({result['compiled_code']})" for result in tested),
    ]


def _statement(node: dict[str, Any]) -> str:
    relation = node["relation_name"]
    if node["resource_type"] == "seed":
        path = PROJECT_DIR / node["original_file_path"]
        types = ", ".join(
            f"'{name}': '{kind}'" for name, kind in node["config"]["column_types"].items()
        )
        rows = f"read_csv('{path}', header = true, types = {{{types}}})"
        return f"create table {relation} as from {rows}"
    kind = "view" if node["config"]["materialized"] == "view" else "table"
    return f"create {kind} {relation} as {node['compiled_code']}"


def main(database: Path, target: Path) -> None:
    """Run the statements on a database that has the raw schemas and nothing else."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    schemas = {node["schema"] for node in manifest["nodes"].values() if node.get("relation_name")}
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for schema in sorted(schemas):
            connection.execute(f"create schema if not exists {schema}")
        for statement in statements(manifest, results):
            connection.execute(statement)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
