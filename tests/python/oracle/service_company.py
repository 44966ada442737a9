"""A company that answers its leads in every way: in time, late, before, at night, not at all."""

import random
from datetime import datetime, timedelta
from typing import Any

SOURCE = "service"


def service_company(seed: int, leads: int, as_of: datetime) -> dict[str, list[dict[str, Any]]]:
    """Leads of the four weeks up to as_of (2024-11-15), in which two zones change their clocks.

    Owners change within minutes and days; calendars are known, unknown and missing; reps come, move
    to another office and leave.
    """
    rng = random.Random(seed)
    calendars = ("madrid", "new_york", "mexico_city", "atlantis", "", "london")
    rows: dict[str, list[dict[str, Any]]] = {
        "leads": [],
        "lead_status_changes": [],
        "activities": [],
        "reps": [
            {
                "rep_id": f"s{number}",
                "valid_from": "2024-05-02",
                "name": f"Rep {number}",
                "role": ("sdr", "sdr", "sdr", "sdr", "sdr", "manager")[number],
                "team": ("north", "south", "")[number % 3],
                "calendar_id": calendar,
                "left_on": "2024-10-31" if number == 4 else "",
            }
            for number, calendar in enumerate(calendars)
        ],
    }
    rows["reps"].append(
        rows["reps"][0]
        | {"valid_from": "2024-11-04", "team": "south", "calendar_id": "new_york", "role": "ae"}
    )
    owners = [f"s{number}" for number in range(6)] + ["s9", ""]

    def soon() -> timedelta:
        scale = rng.choice((10, 60, 600, 3_000, 20_000))
        return timedelta(seconds=round(rng.expovariate(1 / scale) * 60))

    for number in range(leads):
        lead = {"lead_id": f"{number:03d}"}
        created_at = as_of - timedelta(minutes=rng.randrange(28 * 24 * 60))
        mql_at = created_at + rng.choice((timedelta(), soon()))
        changed_at = created_at
        for _ in range(rng.choice((1, 1, 2, 3))):
            rows["leads"].append(
                lead
                | {
                    "created_at": created_at,
                    "updated_at": changed_at,
                    "owner_rep_id": rng.choice(owners),
                    "channel": rng.choice(("social", "email", "")),
                }
            )
            changed_at = mql_at + soon()
        moment = mql_at
        for status in rng.choice(
            (
                ("mql",),
                ("mql", "sal"),
                ("mql", "sql"),
                ("mql", "disqualified"),
                ("mql", "recycled", "mql", "sal"),
                ("sal", "mql", "sql"),
                ("mql", "new", "sal"),
            )
        ):
            rows["lead_status_changes"].append(
                lead
                | {
                    "event_id": f"v{len(rows['lead_status_changes'])}",
                    "changed_at": moment,
                    "to_status": status,
                }
            )
            moment += soon()
        for _ in range(rng.choice((0, 1, 2, 4))):
            is_before = rng.random() < 0.15
            rows["activities"].append(
                lead
                | {
                    "activity_id": f"w{len(rows['activities'])}",
                    "rep_id": rng.choice(owners),
                    "activity_type": rng.choice(("call", "email_sent", "meeting", "email_open")),
                    "direction": rng.choice(("out", "out", "", "in")),
                    "is_automated": rng.choice(("false", "", "true")),
                    "duration_seconds": rng.choice(("", 60, 95)),
                    "occurred_at": mql_at - 4 * soon() if is_before else mql_at + soon(),
                }
            )
    return {
        table: [{"source_system": SOURCE} | row for row in lines] for table, lines in rows.items()
    }
