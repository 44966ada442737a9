"""The charts: the rows of a query as a Vega-Lite specification, labels in the page's language.

Each function takes the rows of the query of its name (at least one) and gives a chart of the
container's width. Landed text goes into data values alone, never into an expression or a title.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import altair as alt

from orchestration.dashboard.release import Row, iso
from orchestration.dashboard.theme import (
    BLUE,
    CONFIG,
    DARK_RED,
    GREY,
    ORANGE,
    PALE_ORANGE,
    STAGE_COLOURS,
    STAGE_DASHES,
)
from orchestration.dashboard.words import Language, first_upper

Chart = Any
"""A chart of Altair; its classes have no common type that knows `properties`."""

INTERVAL = "tip_interval"
COLUMNS = 2
"""Of a legend: what fits on a phone."""
ENDS = ("low", "high")
SLA_COLOURS = {"met": BLUE, "late": PALE_ORANGE, "never": DARK_RED, "pending": GREY}
ROI_STEPS = [0, 1, 5, 10, 20]
ROI_SHADES = ["#f2c1b8", "#edf1f5", "#d9e7f5", "#bcd6ee", "#9fc4e6", "#83b2dd"]
MODELS = ("first", "last", "linear", "time_decay", "u_shaped", "w_shaped")


def finished(chart: Chart, say: Language, key: str, height: int) -> Chart:
    """The chart as wide as its place, with the text that a screen reader says."""
    return chart.properties(
        width="container",
        height=height,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        description=say.say(f"{key}_alt"),
        config=CONFIG,
    )


def pace(rows: Sequence[Row], say: Language) -> Chart:
    """Reached share of the target by month, a line per stage, and the target itself."""
    values: list[Row] = [
        {
            **_month(row, say),
            "stage": say.term(row["metric"]),
            "pace": row["pace"],
            "pace_text": say.share(row["pace"]),
            "actual_text": say.number(row["actual"]),
            "target_text": say.number(row["target_so_far"], 1),
        }
        for row in rows
    ]
    stages = [stage for stage in STAGE_COLOURS if any(row["metric"] == stage for row in rows)]
    lines = (
        alt.Chart(_data(values))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=_months(),
            y=alt.Y(
                "pace:Q",
                axis=_percent(say.say("pace_axis")),
                scale=alt.Scale(domainMin=0),
            ),
            **_stage_lines(stages, say),
            tooltip=_tips(
                say,
                month_text="tip_month",
                stage="tip_stage",
                pace_text="tip_share",
                actual_text="tip_actual",
                target_text="tip_target",
            ),
        )
    )
    goal = alt.Chart(_data([{"goal": 1, "name": say.say("pace_target")}]))
    rule = goal.mark_rule(strokeWidth=1.5).encode(y="goal:Q")
    return finished(rule + lines, say, "pace", 260)


def funnel(rows: Sequence[Row], say: Language) -> Chart:
    """Share of the leads that reached each stage; the step from the stage before as second line."""
    leads = say.number(rows[0]["leads"])
    values: list[Row] = [
        {
            "stage": f"{first_upper(say.term('lead'))}\n ",
            "rate": 1,
            "text": leads,
            "of_text": leads,
        }
    ]
    for row in rows:
        step = say.say(
            "funnel_step",
            rate=_or_dash(row["step_rate"], say.share, say),
            stage=say.term(row["stage_before"]),
        )
        values.append(
            {
                "stage": f"{first_upper(say.term(row['stage']))}\n{step}",
                "rate": row["rate"],
                "text": f"{say.share(row['rate'], 1)} ({say.number(row['reached'])})",
                "of_text": _of(row["reached"], row["leads"], say),
            }
        )
    base = alt.Chart(_data(values)).encode(
        y=alt.Y(
            "stage:N",
            sort=[value["stage"] for value in values],
            title=None,
            axis=alt.Axis(labelExpr=r"split(datum.label, '\n')", labelLineHeight=15),
        ),
        x=alt.X(
            "rate:Q",
            axis=_percent(say.say("funnel_axis"), values=[0, 0.5, 1]),
            scale=alt.Scale(domain=[0, 1.3], nice=False),
        ),
        tooltip=_tips(
            say,
            text="tip_share",
            of_text="tip_reached",
        ),
    )
    bars = base.mark_bar(color=BLUE, height=22)
    texts = base.mark_text(align="left", dx=6).encode(text="text:N")
    return finished(bars + texts, say, "funnel", 42 * len(values))


def conversion(rows: Sequence[Row], say: Language) -> Chart:
    """Matured rate by month: a line, its interval as a band, provisional months hollow."""
    values: list[Row] = [
        {
            **_month(row, say),
            **_rate(row, say),
            "is_provisional": row["is_provisional"],
            "of_text": _of(row["converted"], row["followed"], say),
        }
        for row in rows
    ]
    axis = _percent(say.say("conversion_axis"))
    base = alt.Chart(_data(values)).encode(x=_months())
    sure = base.transform_filter("!datum.is_provisional")
    band = sure.mark_area(color=BLUE, opacity=0.2).encode(
        y=alt.Y("low:Q", axis=axis, scale=alt.Scale(domainMin=0)), y2="high:Q"
    )
    line = sure.mark_line(color=BLUE, strokeWidth=2).encode(y=alt.Y("rate:Q", axis=axis))
    spans = base.transform_filter("datum.is_provisional").mark_rule().encode(y="low:Q", y2="high:Q")
    points = base.mark_point(size=60, opacity=1, stroke=BLUE, strokeWidth=2).encode(
        y="rate:Q",
        fill=alt.condition("datum.is_provisional", alt.value("white"), alt.value(BLUE)),
        tooltip=_tips(
            say, month_text="tip_month", rate_text="tip_share", of_text="tip_of", span_text=INTERVAL
        ),
    )
    # a layer without a row would have no extent
    of_sure = [band, line] if any(not row["is_provisional"] for row in rows) else []
    of_others = [spans] if any(row["is_provisional"] for row in rows) else []
    return finished(alt.layer(*of_sure, *of_others, points), say, "conversion", 260)


def survival(rows: Sequence[Row], say: Language) -> Chart:
    """Converted share by day, a step line per quarter; the band is of the latest."""
    values: list[Row] = [
        {
            **_rate(row, say),
            "quarter": say.quarter(row["quarter"]),
            "day": row["day"],
            "recency": row["recency"],
        }
        for row in rows
    ]
    quarters = list(dict.fromkeys(value["quarter"] for value in values))
    base = alt.Chart(_data(values)).encode(
        x=alt.X(
            "day:Q",
            title=say.say("survival_days"),
            axis=alt.Axis(grid=False, tickMinStep=1),
            scale=alt.Scale(nice=False),
        )
    )
    axis = _percent(say.say("survival_axis"))
    legend = alt.Legend(title=None, symbolType="stroke", symbolSize=500, columns=COLUMNS)
    band = (
        base.transform_filter("datum.recency == 1")
        .mark_area(color=BLUE, opacity=0.2, interpolate="step-after")
        .encode(y=alt.Y("low:Q", axis=axis), y2="high:Q")
    )
    lines = base.mark_line(strokeWidth=2, interpolate="step-after").encode(
        y=alt.Y("rate:Q", axis=axis),
        color=alt.Color(
            "quarter:N",
            legend=legend,
            scale=alt.Scale(domain=quarters, range=[BLUE, ORANGE][: len(quarters)]),
        ),
        strokeDash=alt.StrokeDash(
            "quarter:N",
            legend=legend,
            scale=alt.Scale(domain=quarters, range=[[1, 0], [6, 4]][: len(quarters)]),
        ),
        tooltip=_tips(
            say,
            quarter="survival_quarter",
            day="survival_days",
            rate_text="tip_share",
            span_text=INTERVAL,
        ),
    )
    has_band = any(row["recency"] == 1 and row["low"] is not None for row in rows)
    return finished(alt.layer(*([band] if has_band else []), lines), say, "survival", 260)


def attrition(rows: Sequence[Row], say: Language) -> Chart:
    """How many left, a bar per reason and outcome."""
    values: list[Row] = [
        {
            "row": say.say(
                "attrition_row", reason=say.term(row["reason"]), outcome=say.term(row["outcome"])
            ),
            "reason": say.term(row["reason"]),
            "outcome": say.term(row["outcome"]),
            "leads": row["leads"],
            "text": say.number(row["leads"]),
            "share_text": say.share(row["share"], 1),
        }
        for row in rows
    ]
    base = alt.Chart(_data(values)).encode(
        y=alt.Y("row:N", sort=[value["row"] for value in values], title=None),
        x=alt.X(
            "leads:Q",
            title=say.say("attrition_axis"),
            axis=alt.Axis(tickMinStep=1, tickCount=3),
            scale=_room(max(row["leads"] for row in rows), 1.25),
        ),
        tooltip=_tips(
            say,
            reason="tip_reason",
            outcome="tip_outcome",
            text="attrition_axis",
            share_text="tip_share",
        ),
    )
    texts = base.mark_text(align="left", dx=6).encode(text="text:N")
    return finished(
        base.mark_bar(color=BLUE, height=16) + texts, say, "attrition", 25 * len(values)
    )


def sla(rows: Sequence[Row], say: Language) -> Chart:
    """MQLs by month, a bar of four parts: in time, late, not yet past the limit, not yet within."""
    parts = [part for part in SLA_COLOURS if any(row[part] for row in rows)]
    values: list[Row] = [
        {
            **_month(row, say),
            "part": say.term(part),
            "order": order,
            "persons": row[part],
            "text": _of(row[part], row["mqls"], say),
        }
        for row in rows
        for order, part in enumerate(parts)
        if row[part]
    ]
    bars = (
        alt.Chart(_data(values))
        .mark_bar()
        .encode(
            x=alt.X(
                "utcyearmonth(month):O", title=None, axis=alt.Axis(format="%b %y", labelAngle=0)
            ),
            y=alt.Y("persons:Q", title=say.say("sla_axis"), axis=alt.Axis(tickMinStep=1)),
            color=alt.Color(
                "part:N",
                title=None,
                sort=[say.term(part) for part in parts],
                scale=alt.Scale(
                    domain=[say.term(part) for part in parts],
                    range=[SLA_COLOURS[part] for part in parts],
                ),
            ),
            order="order:Q",
            tooltip=_tips(say, month_text="tip_month", part="sla_outcome", text="tip_persons"),
        )
    )
    return finished(bars, say, "sla", 260)


def inventory(rows: Sequence[Row], say: Language) -> Chart:
    """Persons in each stage by day, a line per stage."""
    values: list[Row] = [
        {
            "day": iso(row["day"]),
            "day_text": say.day(row["day"]),
            "stage": say.term(row["stage"]),
            "persons": row["persons"],
            "persons_text": say.number(row["persons"]),
            "aged_text": _or_dash(row["aged"], say.number, say),
        }
        for row in rows
    ]
    stages = [stage for stage in STAGE_COLOURS if any(row["stage"] == stage for row in rows)]
    lines = (
        alt.Chart(_data(values))
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X(
                "utcyearmonthdate(day):T",
                title=None,
                axis=alt.Axis(format="%-d %b %y", grid=False, tickCount=6),
            ),
            y=alt.Y("persons:Q", title=say.say("inventory_axis"), scale=alt.Scale(domainMin=0)),
            **_stage_lines(stages, say),
            tooltip=_tips(
                say,
                day_text="tip_day",
                stage="tip_stage",
                persons_text="tip_persons",
                aged_text="tip_aged",
            ),
        )
    )
    return finished(lines, say, "inventory", 260)


def calibration(rows: Sequence[Row], say: Language) -> Chart:
    """Rate by tenth of the score with its interval, and the rate of all."""
    values: list[Row] = [
        {
            **_rate(row, say),
            "tenth": row["tenth"],
            "score_text": say.say(
                "span", low=say.number(row["score_low"], 1), high=say.number(row["score_high"], 1)
            ),
            "of_text": _of(row["converted"], row["mqls"], say),
        }
        for row in rows
    ]
    base = alt.Chart(_data(values)).encode(
        x=alt.X("tenth:O", title=say.say("calibration_tenth"), axis=alt.Axis(labelAngle=0)),
        tooltip=_tips(
            say,
            score_text="tip_score",
            rate_text="tip_share",
            of_text="tip_of",
            span_text=INTERVAL,
        ),
    )
    axis = _percent(say.say("calibration_axis"))
    bars = base.mark_bar(color=BLUE).encode(y=alt.Y("rate:Q", axis=axis))
    spans = base.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q")
    overall = (
        alt.Chart(_data([{"overall": rows[0]["overall"]}]))
        .mark_rule(strokeDash=[6, 4])
        .encode(y="overall:Q")
    )
    return finished(bars + spans + overall, say, "calibration", 260)


def channels(rows: Sequence[Row], say: Language) -> Chart:
    """Cost per new customer by channel; spend without a customer and customers without cost too."""
    shown = [row for row in rows if row["channel"] not in ("unallocated", "unattributed")]
    values: list[Row] = [
        {
            "row": f"{say.term(row['channel'])}\n"
            + say.say("channels_row", customers=say.number(row["customers"])),
            "channel": say.term(row["channel"]),
            "cost": row["cost_per_customer"] or 0,
            "text": _cost_text(row, say),
            "cost_text": say.money(row["full_cost"]),
            "customers_text": say.number(row["customers"]),
            "leads_text": say.number(row["leads"]),
        }
        for row in shown
    ]
    values.sort(key=lambda value: -value["cost"])
    base = alt.Chart(_data(values)).encode(
        y=alt.Y(
            "row:N",
            sort=[value["row"] for value in values],
            title=None,
            axis=alt.Axis(labelExpr=r"split(datum.label, '\n')", labelLineHeight=15),
        ),
        x=alt.X(
            "cost:Q",
            title=say.say("channels_axis"),
            axis=alt.Axis(format=",d", tickCount=4, tickMinStep=1),
            scale=_room(max((value["cost"] for value in values), default=0), 1.6),
        ),
        tooltip=_tips(
            say,
            channel="tip_channel",
            text="channels_axis",
            cost_text="tip_cost",
            customers_text="tip_customers",
            leads_text="tip_leads",
        ),
    )
    texts = base.mark_text(align="left", dx=6).encode(text="text:N")
    return finished(base.mark_bar(color=BLUE, height=20) + texts, say, "channels", 40 * len(values))


def roi(rows: Sequence[Row], say: Language) -> Chart:
    """Campaigns by model of attribution, each cell its ROI in words and as a shade."""
    models = [model for model in MODELS if any(row["model"] == model for row in rows)]
    models += sorted({row["model"] for row in rows} - set(models))
    values: list[Row] = [
        {
            # two campaigns of one name stay two
            "row": f"{row['place']}\n{row['campaign']}",
            "campaign": row["campaign"],
            "name": say.say("roi_row", campaign=row["campaign"], cost=say.money(row["full_cost"])),
            "model": say.term(row["model"]),
            "roi": row["roi"],
            "text": _or_dash(row["roi"], lambda value: say.number(value, 1), say),
            "cost_text": say.money(row["full_cost"]),
            "margin_text": _or_dash(row["margin"], say.money, say),
            "customers_text": say.number(row["customers"], 1),
        }
        for row in rows
    ]
    rows_of_cells = list(dict.fromkeys(value["row"] for value in values))
    base = alt.Chart(_data(values)).encode(y=alt.Y("row:N", sort=rows_of_cells, axis=None))
    x = alt.X(
        "model:N",
        sort=[say.term(model) for model in models],
        axis=alt.Axis(
            orient="top",
            title=None,
            labelExpr="split(datum.label, ' ')",
            labelAngle=0,
            labelFontSize=11,
            labelLineHeight=12,
            offset=14,
            labelOverlap=False,
            domain=False,
        ),
    )
    cells = base.mark_rect(height=20, yOffset=8).encode(
        x=x,
        color=alt.Color(
            "roi:Q",
            legend=None,
            scale=alt.Scale(type="threshold", domain=ROI_STEPS, range=ROI_SHADES),
        ),
        tooltip=_tips(
            say,
            campaign="roi_campaign",
            model="roi_model",
            text="tip_roi",
            cost_text="tip_cost",
            margin_text="tip_margin",
            customers_text="tip_customers",
        ),
    )
    texts = base.mark_text(dy=8).encode(x=x, text="text:N")
    # the name stands above its cells, where there is room for it on a phone too
    names = (
        base.transform_filter(alt.datum.model == say.term(models[0]))
        .mark_text(align="left", dy=-11, limit=300)
        .encode(x=alt.value(0), text="name:N")
    )
    return finished(cells + texts + names, say, "roi", 44 * len(rows_of_cells))


def _stage_lines(stages: Iterable[str], say: Language) -> dict[str, Any]:
    """Colour and dash of the lines of stages, so that neither alone tells them apart."""
    keys = list(stages)
    domain = [say.term(key) for key in keys]
    legend = alt.Legend(title=None, symbolType="stroke", symbolSize=500, columns=COLUMNS)
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


def _cost_text(row: Row, say: Language) -> str:
    if not row["full_cost"]:
        return say.say("channels_free")
    if not row["customers"]:
        return say.say("channels_spent", cost=say.money(row["full_cost"]))
    return say.money(row["cost_per_customer"])


def _data(values: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=list(values))


def _month(row: Row, say: Language) -> Row:
    return {"month": iso(row["month"]), "month_text": say.month(row["month"])}


def _rate(row: Row, say: Language) -> Row:
    low, high = (_or_dash(row[end], lambda value: say.share(value, 1), say) for end in ENDS)
    return {
        "rate": row["rate"],
        "low": row["low"],
        "high": row["high"],
        "rate_text": _or_dash(row["rate"], lambda value: say.share(value, 1), say),
        "span_text": say.say("span", low=low, high=high),
    }


def _or_dash(value: float | None, write: Callable[[float], str], say: Language) -> str:
    return say.say("no_value") if value is None else write(value)


def _of(numerator: float, denominator: float, say: Language) -> str:
    return say.say("ratio_of", numerator=say.number(numerator), denominator=say.number(denominator))


def _months() -> alt.X:
    """Months on a continuous axis, in UTC, so that no reader's time zone moves them."""
    return alt.X(
        "utcyearmonth(month):T", title=None, axis=alt.Axis(format="%b %y", grid=False, tickCount=6)
    )


def _percent(title: str, **more: Any) -> alt.Axis:
    return alt.Axis(title=title, format="%", tickCount=5, **more)


def _room(most: float, times: float) -> alt.Scale:
    """A scale from 0 with room for the text behind the longest bar."""
    return alt.Scale(domain=[0, max(most, 1) * times], nice=False)


def _tips(say: Language, **fields: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{field}:N", title=say.say(key)) for field, key in fields.items()]
