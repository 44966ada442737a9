"""A random company that sells: orders, subscriptions, opportunities and targets with every flaw."""

import random
from datetime import datetime, timedelta
from typing import Any

Rows = dict[str, list[dict[str, Any]]]

SYSTEM = "sales"
CHANNELS = ("social", "email", "event", "")
CURRENCIES = ("EUR", "EUR", "USD")


def random_sales(seed: int, as_of: datetime, customers: int = 120) -> Rows:
    """Customers with several leads, subscriptions and currencies, or none of these.

    Moments fall on a coarse grid around the ends of months, a part of them after as_of; one in ten
    leads is a test or deleted; of the other facts some name no lead, amount, probability or day.
    """
    rng = random.Random(seed)

    def moment(earliest: int = 300) -> datetime:
        day = as_of - timedelta(days=rng.randrange(-40, earliest))
        if rng.random() < 0.4:
            day = day.replace(day=rng.choice((1, 1, 28)), hour=0)
        return day

    def maybe(value: Any, share: float) -> Any:
        return value if rng.random() < share else ""

    rows: Rows = {
        "leads": [
            {
                "source_system": SYSTEM,
                "lead_id": f"l{number}",
                "created_at": as_of - timedelta(days=rng.randrange(20, 320)),
                "email": maybe(f"p{number % 110}@sales.example", 0.8),
                "channel": rng.choice(CHANNELS),
                "country": rng.choice(("ES", "")),
                "owner_rep_id": rng.choice(("r1", "r2", "")),
                "is_test": maybe("true", 0.05),
                "is_deleted": maybe("true", 0.05),
            }
            for number in range(customers)
        ],
        "reps": [
            {
                "source_system": SYSTEM,
                "rep_id": rep,
                "valid_from": "2023-01-01",
                "name": rep,
                "role": "ae",
                "team": team,
            }
            for rep, team in (("r1", "north"), ("r2", "south"), ("r3", ""))
        ],
        "opportunities": [],
        "orders": [],
        "subscriptions": [],
        "targets": [],
    }

    def lead() -> str:
        return f"l{rng.randrange(customers)}"

    for number in range(customers * 3):
        created_at, closed_at = sorted((moment(), moment()))
        opportunity = {
            "source_system": SYSTEM,
            "opportunity_id": f"o{number}",
            "lead_id": maybe(lead(), 0.9),
            "created_at": created_at,
            "stage": "Open",
            "currency": rng.choice(("EUR", "USD", "")),
            "order_type": rng.choice(("new", "new", "expansion", "renewal", "")),
            "owner_rep_id": rng.choice(("r1", "r2", "r3", "r9", "")),
        }
        expected = (created_at + timedelta(days=rng.choice((10, 30, 60)))).date()
        updated_at = created_at
        for version in range(rng.randrange(1, 5)):
            if rng.random() < 0.4:
                expected += timedelta(days=rng.choice((-7, 14, 30)))
            rows["opportunities"].append(
                opportunity
                | {
                    "updated_at": maybe(updated_at, 0.9) if version == 0 else updated_at,
                    "amount": maybe(rng.randrange(100, 900_000) / 100, 0.85),
                    "probability": rng.choice(("", "0.1", "0.5", "0.25", "often", "-1")),
                    "expected_close_date": maybe(expected, 0.85),
                }
            )
            updated_at += timedelta(days=rng.randrange(1, 40))
        if rng.random() < 0.6:
            rows["opportunities"].append(
                opportunity
                | {
                    "updated_at": max(updated_at, closed_at),
                    "stage": "Closed",
                    "amount": maybe(rng.randrange(100, 900_000) / 100, 0.85),
                    "probability": "1",
                    "closed_at": closed_at,
                    "is_won": rng.choice(("true", "true", "false", "")),
                    "expected_close_date": maybe(expected, 0.85),
                }
            )
    for number in range(customers * 4):
        amount = rng.randrange(100, 90_000) / 100
        rows["orders"].append(
            {
                "source_system": SYSTEM,
                "order_id": f"p{number}",
                "customer_id": f"c{rng.randrange(customers)}",
                "lead_id": maybe(lead(), 0.5),
                "opportunity_id": maybe(f"o{rng.randrange(customers * 4)}", 0.3),
                "ordered_at": moment(),
                "amount": amount,
                "refunded_amount": rng.choice(("", "", 0, amount, round(amount / 3, 2))),
                "cogs": maybe(round(amount * rng.uniform(0.2, 1.3), 2), 0.85),
                "currency": rng.choice(CURRENCIES),
                "status": rng.choice(("paid", "paid", "paid", "pending", "cancelled", "refunded")),
            }
        )
    for number in range(customers * 2):
        started_at, ended_at = sorted((moment(), moment()))
        rows["subscriptions"].append(
            {
                "source_system": SYSTEM,
                "subscription_id": f"s{number}",
                "customer_id": f"c{rng.randrange(customers + 20)}",
                "lead_id": maybe(lead(), 0.7),
                "started_at": started_at,
                "ended_at": maybe(ended_at, 0.6),
                "mrr": rng.randrange(0, 90_000) / 100,
                "currency": rng.choice(CURRENCIES),
                "cancel_reason": rng.choice(("price", "")),
            }
        )
    for month in range(1, 13):
        start = datetime(as_of.year, month, 1).date()
        end = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        for segment in ("", "channel=social", "owner_team=north"):
            rows["targets"].append(
                {
                    "source_system": SYSTEM,
                    "metric": "revenue",
                    "period_start": start,
                    "segment": segment,
                    "period_end": end,
                    "target_value": rng.choice((0, 1_000, 50_000, 2_000_000)),
                    "version": rng.randrange(1, 4),
                }
            )
    rows["targets"].append(
        rows["targets"][-1]
        | {"period_start": datetime(as_of.year, 7, 1).date(), "period_end": "2024-09-30"}
        | {"segment": "", "target_value": 300_000, "version": 4}
    )
    return rows
