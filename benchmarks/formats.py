"""`python -m benchmarks.formats ROWS FOLDER`: how fast each format is read, beside DuckDB.

Writes the same leads to FOLDER in each format that can land, and reads each file twice: as the
loader does (to Parquet, every row with its number and file), and with DuckDB's own reader of the
format (to Parquet, all columns as text), where it has one. Prints the seconds and bytes as JSON.
"""

import csv
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
from openpyxl import Workbook

from orchestration.contract import contract_tables
from orchestration.ingestion.discovery import find_files
from orchestration.ingestion.reader import fingerprint, read_file
from orchestration.sql import literal

LEADS = """
    select
        'L' || i as lead_id,
        timestamp '2024-01-01' + to_seconds(i) as created_at,
        'person' || i || '@example.com' as email,
        'Person number ' || i as name,
        ['organic', 'paid_search', 'event'][1 + i % 3] as channel,
        'ES' as country,
        i % 1000 as employee_count,
        (i * 12.5)::decimal(18, 2) as company_revenue,
        i % 2 = 0 as is_test,
        'new' as status
    from range({rows}) as numbers (i)
"""
READERS = {
    "csv": "read_csv({file}, all_varchar = true)",
    "csv.gz": "read_csv({file}, all_varchar = true)",
    "csv.zst": "read_csv({file}, all_varchar = true)",
    "jsonl": "read_json({file}, format = 'newline_delimited')",
    "json": "read_json({file}, format = 'array')",
    "parquet": "read_parquet({file})",
    "zip": None,
    "xlsx": None,
}
"""DuckDB's reader of each format; None where it has none without an extension."""


def write(rows: int, folder: Path) -> None:
    """Write the leads in each format."""
    options = {
        "csv": "format csv",
        "csv.gz": "format csv, compression gzip",
        "csv.zst": "format csv, compression zstd",
        "jsonl": "format json",
        "json": "format json, array true",
        "parquet": "format parquet",
    }
    for ending, option in options.items():
        path = folder / f"leads.{ending}"
        duckdb.execute(f"copy ({LEADS.format(rows=rows)}) to {literal(str(path))} ({option})")
    with zipfile.ZipFile(folder / "leads.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "leads.csv", "leads.csv")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Leads")
    with (folder / "leads.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            sheet.append(row)
    book.save(folder / "leads.xlsx")


def measured(folder: Path) -> Iterator[tuple[str, dict[str, float | None]]]:
    """By format: bytes of the file, and seconds of the loader and of DuckDB."""
    table = replace(contract_tables()["leads"], files="leads")
    files = {file.path.name.partition(".")[2]: file for file in find_files(folder, [table])[0]}
    target = folder / "rows.parquet"
    moment = datetime(2025, 1, 1)
    with duckdb.connect() as connection:
        for ending, reader in READERS.items():
            file = files[ending]
            start = time.monotonic()
            read_file(connection, file, fingerprint(file), moment, target)
            loaded = time.monotonic()
            if reader is not None:
                rows = reader.format(file=literal(str(file.path)))
                connection.execute(
                    f"copy (select columns(*)::varchar from {rows}) to {literal(str(target))}"
                )
            straight = time.monotonic() - loaded if reader else None
            size = float(file.path.stat().st_size)
            yield ending, {"bytes": size, "loader": loaded - start, "duckdb": straight}


def main(rows: int, folder: Path) -> None:
    """Write, read and print."""
    write(rows, folder)
    json.dump(dict(measured(folder)), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
