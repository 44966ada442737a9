"""Targets of every kind, and traffic that the companies have no leads for."""

from typing import Any


def _target(metric: str, start: str, end: str, value: float, segment: str = "") -> dict[str, Any]:
    return {
        "source_system": "plans",
        "metric": metric,
        "period_start": start,
        "segment": segment,
        "period_end": end,
        "target_value": value,
        "version": 9,
    }


PLANS: dict[str, list[dict[str, Any]]] = {
    "targets": [
        _target("revenue", "2024-10-01", "2024-12-31", 900_000),
        _target("revenue", "2024-12-01", "2024-12-31", 250_000, "channel=paid_search"),
        _target("revenue", "2025-01-01", "2025-03-31", 1_000_000),
        _target("revenue", "2024-12-01", "2024-12-31", 70_000, "country=ES"),
        _target("revenue", "2024-12-01", "2024-12-31", 70_000, "channel=nobody"),
        _target("revenue", "2025-02-01", "2025-02-28", 0),
        _target("customer", "2024-12-01", "2024-12-31", 7, "channel=organic_search"),
        _target("customer", "2024-12-01", "2024-12-31", 7, "channel=event"),
        _target("customer", "2024-03-01", "2024-03-31", 5, "owner_team=emea"),
        _target("leads_generated", "2024-11-01", "2024-11-30", 60),
        _target("mql", "2024-11-01", "2024-11-30", 20, "channel=ghost"),
        _target("mql", "2024-11-01", "2024-11-30", 20, "channel=cold_call"),
        _target("mql", "2025-01-01", "2025-01-31", 20, "channel=social"),
        _target("sql", "2024-11-01", "2024-11-30", 0, "country=ES"),
        _target("sql", "2024-11-01", "2024-12-31", 50),
    ],
    "web_traffic": [
        # traffic without leads, without visitors, and with fewer visitors than leads
        *(
            {
                "source_system": "plans",
                "traffic_date": day,
                "channel": channel,
                "visitors": visitors,
                "sessions": visitors,
                "pageviews": visitors,
                "bounces": 0,
                "search_position": position,
            }
            for day, channel, visitors, position in [
                ("2024-06-03", "ghost", 50, 3.5),
                ("2024-06-04", "ghost", 0, 9),
                ("2024-02-05", "cold_call", 1, ""),
                ("2024-10-31", "cold_call", 1, ""),
            ]
        )
    ],
}
