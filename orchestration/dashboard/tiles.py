"""The headline figures: a tile each, of the last complete month against the month before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from orchestration.dashboard.release import Answer, OpenRelease, Row, query_text
from orchestration.dashboard.words import Language, first_upper

QUERIES = ("tiles", "tile_conversion", "tile_pipeline", "tile_reasons")
TILES = (
    "leads_generated",
    "mql",
    "sql",
    "new_customers",
    "mql_to_sql_rate",
    "contacted_1h_rate",
    "customer_acquisition_cost",
    "pipeline_vs_target",
)
SHARES = {"mql_to_sql_rate", "contacted_1h_rate", "pipeline_vs_target"}
MONEY = {"customer_acquisition_cost"}
OF_MONEY = {"pipeline_vs_target"}
"""Shares of one amount in another."""


@dataclass(frozen=True)
class Tile:
    """A figure as it is shown. `raw` is its exact value; None where there is nothing to show.

    `month` is set where it is not the month that the other tiles are of; `notes` are lines below
    the figure, `badges` what must be known before it is believed.
    """

    metric: str
    label: str
    definition: str
    value: str
    raw: float | None
    month: str | None
    notes: tuple[str, ...]
    badges: tuple[str, ...]


@dataclass(frozen=True)
class Glance:
    """All tiles, a sentence on the months compared (None where there are none), and the queries."""

    says: str | None
    tiles: tuple[Tile, ...]
    answers: tuple[Answer, ...]


def glance(release: OpenRelease, catalogue: dict[str, Row], say: Language) -> Glance:
    """The tiles of a release."""
    answers = tuple(release.ask(query_text(name)) for name in QUERIES)
    *figures, unknown = answers
    rows = {(row["metric"], row["recency"]): row for answer in figures for row in answer.rows}
    reasons = {
        (row["metric"], row["month"]): str(row[f"unknown_reason_{say.code}"])
        for row in unknown.rows
    }
    month = _month(answers[0].rows, say)
    tiles = (
        _tile(catalogue.get(metric, {"metric": metric}), rows, reasons, month, say)
        for metric in TILES
    )
    says = say.say("headline_says", month=month) if month else None
    return Glance(says and first_upper(says), tuple(tiles), answers)


def _month(rows: Iterable[Row], say: Language) -> str | None:
    return next((say.month(row["month"]) for row in rows if row["recency"] == 1), None)


def _tile(
    declared: Row,
    rows: dict[tuple[str, int], Row],
    reasons: dict[tuple[str, date | None], str],
    month: str | None,
    say: Language,
) -> Tile:
    metric = str(declared["metric"])
    row, before = rows.get((metric, 1)), rows.get((metric, 2))
    label = str(declared.get(f"metric_label_{say.code}", metric))
    definition = str(declared.get(f"definition_{say.code}", ""))
    if row is None or row["value"] is None:
        nothing = _why_nothing(metric, row, reasons, say)
        return Tile(metric, label, definition, say.say("no_value"), None, None, (nothing,), ())
    of = say.month(row["month"])
    return Tile(
        metric=metric,
        label=label,
        definition=definition,
        value=_written(metric, row["value"], say),
        raw=row["value"],
        month=of if of != month else None,
        notes=tuple(_notes(metric, row, before, say)),
        badges=tuple(_badges(row, say)),
    )


def _why_nothing(
    metric: str, row: Row | None, reasons: dict[tuple[str, date | None], str], say: Language
) -> str:
    """The reason that the release gives, of the month or of all time; else what is likely."""
    if row and row.get("value_state") == "no_cases":
        return say.say("tile_no_cases", month=say.month(row["month"]))
    months = (row["month"], None) if row else (None,)
    given = next((reasons[metric, month] for month in months if (metric, month) in reasons), None)
    key = f"tile_nothing_{metric}"
    return given or say.say(key if say.knows(key) else "tile_nothing")


def _notes(metric: str, row: Row, before: Row | None, say: Language) -> Iterable[str]:
    if row["low"] is not None:
        low, high = (say.share(row[end], 1) for end in ("low", "high"))
        yield say.say("interval", low=low, high=high)
    if row["denominator"] is not None:
        above = say.money if metric in MONEY | OF_MONEY else say.number
        below = say.money if metric in OF_MONEY else say.number
        yield say.say(
            "money_over" if metric in MONEY else "ratio_of",
            numerator=above(row["numerator"]),
            denominator=below(row["denominator"]),
        )
    if row["benchmark_low"] is not None:
        yield say.say("benchmark", value=say.share(row["benchmark_low"]))
    if before is not None and before["value"] is not None:
        yield say.say(
            "against",
            change=_change(metric, row["value"], before["value"], say),
            month=say.month(before["month"]),
            value=_written(metric, before["value"], say),
        )


def _badges(row: Row, say: Language) -> Iterable[str]:
    if row["is_provisional"]:
        yield say.say("provisional")
    if row["is_small_n"]:
        yield say.say("small_n")


def _written(metric: str, value: float, say: Language) -> str:
    if metric in SHARES:
        return say.share(value, 1)
    return say.money(value) if metric in MONEY else say.number(value)


def _change(metric: str, now: float, before: float, say: Language) -> str:
    """A share by points, anything else in percent of what it was."""
    if now == before:
        return say.say("same")
    direction = "up" if now > before else "down"
    if metric in SHARES:
        change = say.say("points", value=say.number(100 * abs(now - before), 1))
    elif before:
        change = say.share(abs(now - before) / abs(before))
    else:
        change = say.number(abs(now - before))
    return say.say(direction, value=change)
