"""Shared parts of the charts: axes, legends, tooltips, and formats of values.

Landed text goes into data values alone, never into an expression or a title.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import altair as alt

from orchestration.dashboard.release import Row, iso
from orchestration.dashboard.theme import CONFIG, STAGE_COLOURS, STAGE_DASHES
from orchestration.dashboard.words import Language

Chart = Any
"""A chart of Altair; its classes have no common type that knows `properties`."""

INTERVAL = "tip_interval"
LEGEND_COLUMNS = 2
"""What fits on a phone."""
ENDS = ("low", "high")


def finished(chart: Chart, say: Language, key: str, height: int) -> Chart:
    """The chart as wide as its place, with the text that a screen reader says."""
    return chart.properties(
        width="container",
        height=height,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        description=say.say(f"{key}_alt"),
        config=CONFIG,
    )


def stage_lines(stages: Iterable[str], say: Language) -> dict[str, Any]:
    """Colour and dash of the lines of stages, so that neither alone tells them apart."""
    keys = list(stages)
    domain = [say.term(key) for key in keys]
    legend = alt.Legend(title=None, symbolType="stroke", symbolSize=500, columns=LEGEND_COLUMNS)
    return {
        "color": alt.Color(
            "stage:N",
            legend=legend,
            sort=domain,
            scale=alt.Scale(domain=domain, range=[STAGE_COLOURS[key] for key in keys]),
        ),
        "strokeDash": alt.StrokeDash(
            "stage:N",
            legend=legend,
            sort=domain,
            scale=alt.Scale(domain=domain, range=[STAGE_DASHES[key] for key in keys]),
        ),
    }


def inline(values: Sequence[Row]) -> alt.InlineData:
    """Values that stand in the specification itself."""
    return alt.InlineData(values=list(values))


def month_of(row: Row, say: Language) -> Row:
    """The month of a row, as the axis reads it and as a tooltip writes it."""
    return {"month": iso(row["month"]), "month_text": say.month(row["month"])}


def rate_of(row: Row, say: Language) -> Row:
    """A rate with its interval, as numbers and as texts."""
    low, high = (or_dash(row[end], lambda value: say.share(value, 1), say) for end in ENDS)
    return {
        "rate": row["rate"],
        "low": row["low"],
        "high": row["high"],
        "rate_text": or_dash(row["rate"], lambda value: say.share(value, 1), say),
        "span_text": say.say("span", low=low, high=high),
    }


def or_dash(value: float | None, write: Callable[[float], str], say: Language) -> str:
    """A value as `write` writes it; a dash where it is null."""
    return say.say("no_value") if value is None else write(value)


def ratio_of(numerator: float, denominator: float, say: Language) -> str:
    """ "12 of 34", in the page's language."""
    return say.say("ratio_of", numerator=say.number(numerator), denominator=say.number(denominator))


def month_axis() -> alt.X:
    """Months on a continuous axis, in UTC, so that no reader's time zone moves them."""
    return alt.X(
        "utcyearmonth(month):T", title=None, axis=alt.Axis(format="%b %y", grid=False, tickCount=6)
    )


def percent_axis(title: str, **more: Any) -> alt.Axis:
    """An axis of shares, written in percent."""
    return alt.Axis(title=title, format="%", tickCount=5, **more)


def with_room(most: float, times: float) -> alt.Scale:
    """A scale from 0 with room for the text behind the longest bar."""
    return alt.Scale(domain=[0, max(most, 1) * times], nice=False)


def tips(say: Language, **fields: str) -> list[alt.Tooltip]:
    """A tooltip: the fields to show, each with the word that names it."""
    return [alt.Tooltip(f"{field}:N", title=say.say(key)) for field, key in fields.items()]
