"""`python -m benchmarks.straight DATABASE TARGET MEMORY`: runs what a dbt build ran, without dbt.

Takes the compiled SQL of every seed, model and test of the build whose artefacts are in TARGET, in
the order in which dbt ran them, and executes it in one DuckDB connection on DATABASE. Prints the
seconds of each node as JSON.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contract import PROJECT_DIR


def statements(manifest: dict[str, Any], results: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Id and SQL of each node of the build, the tests last."""
    nodes = manifest["nodes"]
    ran = [result["unique_id"] for result in results["results"] if result["unique_id"] in nodes]
    for kinds in ({"seed", "model"}, {"test"}):
        for node in ran:
            if nodes[node]["resource_type"] in kinds:
                yield node, _statement(nodes[node])


def _statement(node: dict[str, Any]) -> str:
    relation = node["relation_name"]
    match node["resource_type"]:
        case "seed":
            path = PROJECT_DIR / node["original_file_path"]
            columns = node["config"]["column_types"].items()
            types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns)
            rows = f"read_csv('{path}', header = true, types = {{{types}}})"
            return f"create table {relation} as from {rows}"
        case "test":
            return f"select count(*) from ({node['compiled_code']})"
        case _:
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            return f"create {kind} {relation} as {node['compiled_code']}"


def main(database: Path, target: Path, memory: str) -> None:
    """Run the statements on a database that has the raw schemas and nothing else."""
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    schemas = {node["schema"] for node in manifest["nodes"].values() if node.get("relation_name")}
    seconds = {}
    with duckdb.connect(str(database), config={"memory_limit": memory}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for schema in sorted(schemas):
            connection.execute(f"create schema if not exists {schema}")
        for node, statement in statements(manifest, results):
            start = time.monotonic()
            connection.execute(statement).fetchall()
            seconds[node] = time.monotonic() - start
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
