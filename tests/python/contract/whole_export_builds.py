"""Builds a company of whole exports again and again, and prints what is left after each build.

Run in a project of its own, by `test_whole_exports.py`, with a folder for landing and warehouse.
"""

import json
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import duckdb

from orchestration.build.build import build
from orchestration.build.dbt import transform
from orchestration.errors import FunnelError
from orchestration.settings import Settings
from orchestration.warehouse.paths import Warehouse

DEALS = range(1, 41)
CHECK = "landed.acme.deals.lacking_share"


def deals(gone: Collection[int] = (), lost: Collection[int] = ()) -> str:
    """All deals but those `gone`; each was won, but for those `lost`."""
    rows = (f"D{n},C{n},2025-01-01,{'' if n in lost else '2025-02-01'}" for n in DEALS)
    return lines("deal,contact,applied_on,won_on", rows, gone)


def contacts(gone: Collection[int] = ()) -> str:
    """All contacts but those `gone`."""
    return lines("contact,entered_on", (f"C{n},2025-01-01" for n in DEALS), gone)


def lines(header: str, rows: Iterable[str], gone: Collection[int]) -> str:
    kept = (row for n, row in zip(DEALS, rows, strict=True) if n not in gone)
    return "\n".join([header, *kept, ""])


def state(settings: Settings) -> dict[str, object]:
    """The deals, leads, wins and calls that are deleted or back, and the counts of the files."""
    query = {
        "deals": "select opportunity_id from intermediate.int_opportunities_versioned "
        "where _outcome = 'deleted' group by 1",
        "staged deals": "select count(*) from intermediate.int_opportunities_versioned "
        "where _outcome = 'staged'",
        "leads": "select lead_id from intermediate.int_leads_versioned "
        "where _outcome = 'staged' and is_deleted",
        "changes": "select event_id from intermediate.int_lead_status_changes_versioned "
        "where _outcome = 'deleted' group by 1",
        "calls": "select activity_id, _outcome from intermediate.int_activities_versioned",
        "files": "select source_file, staged_rows, superseded_rows, deleted_rows "
        "from core.fct_landed_files where contract_table = 'opportunities'",
    }
    with duckdb.connect(str(Warehouse(settings.warehouse).work_database)) as connection:
        return {
            name: connection.execute(f"{sql} order by all").fetchall()
            for name, sql in query.items()
        }


def main(folder: Path) -> None:
    landing = folder / "landing" / "acme"
    landing.mkdir(parents=True)
    settings = Settings(landing=landing.parent, warehouse=folder / "warehouse", sources=("acme",))
    states: dict[str, dict[str, object]] = {}

    def built(name: str, *accepted: str) -> None:
        error = None
        try:
            build(settings, with_publish=False, accepted=accepted, echo=lambda _: None)
        except FunnelError as stopped:
            error = str(stopped)
        states[name] = state(settings) | {"error": error}

    (landing / "deals_1.csv").write_text(deals())
    (landing / "contacts_1.csv").write_text(contacts())
    (landing / "calls_1.csv").write_text(
        "call,contact,called_on,removed\nK1,C1,2025-01-05,\nK2,C2,2025-01-05,no\n"
    )
    (landing / "deals_2.csv").write_text(deals(gone={7}, lost={9}))
    (landing / "contacts_2.csv").write_text(contacts(gone={7}))
    (landing / "calls_2.csv").write_text(
        "call,contact,called_on,removed\nK2,C2,2025-01-05,yes\nK3,C3,2025-01-05,yes\n"
    )
    built("gone")

    # all are back, one file cannot be used, and of the other one line cannot be read
    (landing / "deals_3.csv").write_text(deals())
    (landing / "contacts_3.csv").write_text("contact\nC1\n")
    (landing / "contacts_4.csv").write_text(contacts(gone={7, 8}) + "C8,2025-01-01,what?\n")
    built("back")

    (landing / "deals_4.csv").write_text(deals(gone={1, 2, 3}))
    built("stopped")
    transform(settings)
    states["plain dbt"] = state(settings)
    built("accepted", CHECK)

    # what was loaded before says nothing new
    (landing / "deals_1.csv").write_text(deals())
    built("again")
    print(json.dumps(states))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
