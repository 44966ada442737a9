"""Explanation of a failed dbt build: nodes, their messages, and the keys of a few rows.

No other value of a row is shown: a message may be sent to a place that must not see persons.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.build.failing_values import failing_values

FAILED = ("error", "fail", "runtime error", "partial success")
LISTED = 5
SAMPLED_ROWS = 3
KEY_ENDINGS = ("_key", "_id")
STOPPED = "Invalid Input Error: "
"""How DuckDB begins the message of a query that stopped itself."""
RESULTS_FILE = "run_results.json"


def describe_failure(
    target: Path, work_database: Path, manifest: Mapping[str, Any] | None = None
) -> str | None:
    """The nodes that failed in the build whose results lie in dbt's folder `target`.

    `manifest` is read from there if it is not given. None where dbt failed before it ran any node.
    """
    path = target / RESULTS_FILE
    if not path.is_file():
        return None
    results = json.loads(path.read_bytes())["results"]
    failed = [result for result in results if result["status"] in FAILED]
    if not failed:
        return None
    nodes = (manifest or json.loads((target / "manifest.json").read_bytes()))["nodes"]
    skipped = Counter(result["status"] for result in results)["skipped"]
    lines = [
        f"dbt stopped the build: {len(failed)} of {len(results)} nodes failed"
        f"{f', {skipped} skipped' if skipped else ''}. Nothing was published.",
        *(_described(result, nodes, target, work_database) for result in failed[:LISTED]),
    ]
    if len(failed) > LISTED:
        lines.append(f"  ... and {len(failed) - LISTED} more")
    return "\n".join(lines)


def unjudged_tests(target: Path) -> set[str]:
    """Ids of the tests of the build in dbt's folder `target` whose query could not run.

    A test that finds wrong rows may stop its query with a message (macro `stop_where`); it has
    judged them, although dbt gives it the same status.
    """
    path = target / RESULTS_FILE
    if not path.is_file():
        return set()
    return {
        result["unique_id"]
        for result in json.loads(path.read_bytes())["results"]
        if result["status"] in ("error", "runtime error") and STOPPED not in str(result["message"])
    }


def key_columns(columns: Sequence[str], tested: str | None) -> dict[str, str]:
    """The columns of a test's failing rows that hold keys, each with the name to show.

    dbt's `unique` calls the `tested` column `unique_field`.
    """
    names = {column: tested if column == "unique_field" else column for column in columns}
    return {
        column: name
        for column, name in names.items()
        if name is not None and name.endswith(KEY_ENDINGS)
    }


def _described(
    result: Mapping[str, Any],
    nodes: Mapping[str, Mapping[str, Any]],
    target: Path,
    work_database: Path,
) -> str:
    node = nodes[result["unique_id"]]
    count = result["failures"]
    rows = f", {count} row{'s' * (count > 1)}" if count else ""
    kind, name, path = node["resource_type"], node["name"], node["original_file_path"]
    message = str(result["message"]).strip().replace("\n", "\n    ")
    lines = [f"  {kind} {name} ({path}){rows}", f"    {message}"]
    if kind == "test" and result["status"] == "fail":
        keys = _sampled_keys(work_database, result["compiled_code"], node.get("column_name"))
        if keys:
            lines.append(f"    for example {'; '.join(keys)}")
    if kind == "model":
        found = failing_values(work_database, node.get("depends_on", {}).get("nodes", ()))
        lines += [f"    {line}" for line in found]
    query = _compiled_file(node, target)
    if query.is_file():
        lines.append(f"    query: {query}")
    return "\n".join(lines)


def _compiled_file(node: Mapping[str, Any], target: Path) -> Path:
    """File of a node's compiled query; a test declared in a yml has a file of its own name."""
    package, path = str(node["package_name"]), str(node["original_file_path"])
    written = target / "compiled" / package / path
    name = Path(node["path"]).name
    return written if written.name == name else written / name


def _sampled_keys(work_database: Path, query: str, tested: str | None) -> list[str]:
    with duckdb.connect(str(work_database), read_only=True) as connection:
        found = connection.execute(f"select * from ({query}) as failing limit {SAMPLED_ROWS}")
        columns = [column[0] for column in found.description or ()]
        shown = key_columns(columns, tested)
        return [
            ", ".join(
                f"{shown[column]} {value}"
                for column, value in zip(columns, row, strict=True)
                if column in shown
            )
            for row in found.fetchall()
            if shown
        ]
