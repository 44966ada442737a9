"""Tiny companies at random, all their rows valid: few of them, with holes, and quiet months."""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.contract import PROJECT_DIR, Column, RawTable, contract_tables

FIRST_DAY = datetime(2023, 1, 1)
DAYS = 800
IDS = ("1", "2", "3")
"""Ids of every system and table: equal ones must not meet."""
CHANNELS = ("paid_search", "email", "events", "direct")
PAIRS = (
    ("created_at", "closed_at"),
    ("started_at", "ended_at"),
    ("start_date", "end_date"),
    ("period_start", "period_end"),
    ("merged_at", "reversed_at"),
    ("created_at", "updated_at"),
    ("cost_date", "cost_end_date"),
)
"""Columns of which the second does not come before the first."""


def write_companies(landing: Path, seed: int, systems: int) -> None:
    """A landing folder of some companies, each a source system."""
    rng = random.Random(seed)
    for number in range(systems):
        for name, table in contract_tables().items():
            rows = _rows(rng, table)
            if name == "leads" and number == 0 and not rows:
                rows = [_row(rng, table)]
            if rows or rng.random() < 0.2:
                _write(landing / name / f"company_{number}.csv", table, rows, f"company_{number}")


def _rows(rng: random.Random, table: RawTable) -> list[dict[str, Any]]:
    """No rows, one, or some, of which no two have one key."""
    count = rng.choice((0, 1, 1, 2, 4, 8))
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for _ in range(count):
        row = _row(rng, table)
        key = (*table.key, table.version_column) if table.version_column else table.key
        rows[tuple(str(row.get(name, "")) for name in key)] = row
    return list(rows.values())


def _row(rng: random.Random, table: RawTable) -> dict[str, Any]:
    row = {
        column.name: _value(rng, column)
        for column in table.columns
        if column.name != "source_system" and (column.is_required or rng.random() < 0.6)
    }
    for first, second in PAIRS:
        if first in row and second in row:
            row[first], row[second] = sorted((row[first], row[second]))
    if "is_won" in row:
        row.pop("is_lost", None)
    if "bounces" in row:
        row["sessions"] = max(row["sessions"], row["bounces"])
    if "entry_count" in row and row.get("amount", "") != "":
        row["currency"] = "EUR"
    if table.name == "lead_grades":
        row.setdefault("grade", "A")
    if table.name == "stage_counts":
        row["stage"] = "lead"
    return row


def _value(rng: random.Random, column: Column) -> Any:
    if column.accepted_values:
        return rng.choice(column.accepted_values)
    moment = FIRST_DAY + timedelta(days=rng.randrange(DAYS), seconds=rng.randrange(86400))
    words = {
        "email": [f"p{number}@tiny.example" for number in IDS],
        "currency": ["EUR", "USD"],
        "channel": CHANNELS,
        "activity_type": _seeded("activity_types", "activity_type"),
        "status": ["New", "MQL", "Lost", "Call again"],
        "from_status": ["New", "MQL"],
        "to_status": ["New", "MQL", "SAL", "SQL", "Opportunity", "Won", "Lost", "Recycled"],
        "calendar_id": ["default", "nowhere"],
        "segment": ["channel=email", "country=ES"],
        "metric": ["mql", "revenue", "customer"],
        "country": ["ES", "MX"],
        "stage": ["Proposal", "Closed Won", "Closed Lost", "Demo"],
    }
    if column.name in words:
        return rng.choice(words[column.name])
    of_type: dict[str, Any] = {
        "timestamp": moment,
        "date": moment.date(),
        "boolean": rng.choice(("true", "false")),
        "bigint": rng.randrange(4),
        "decimal": rng.choice((0, 1, "99.90", 5000)),
        "double": rng.choice(("0", "0.5", "1")),
        "string": rng.choice(IDS),
    }
    return of_type[column.data_type.split("(")[0]]


def _seeded(name: str, column: str) -> list[str]:
    with (PROJECT_DIR / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def _write(path: Path, table: RawTable, rows: list[dict[str, Any]], system: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table.column_names)
        writer.writeheader()
        writer.writerows(row | {"source_system": system} for row in rows)
