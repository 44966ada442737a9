"""How fast do MQLs become SQLs?"""

import altair as alt

from orchestration.dashboard.drawing import (
    INTERVAL,
    LEGEND_COLUMNS,
    Chart,
    finished,
    inline,
    percent_axis,
    rate_of,
    tips,
)
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import BLUE, ORANGE
from orchestration.dashboard.words import Language

EARLY_DAY = 7

QUERY = """
-- How fast do MQLs become SQLs? The share converted by each day, of the last two quarters that had the time.
with quarters as (
    select
        period_start_date,
        is_provisional,
        row_number() over (order by is_provisional, period_start_date desc) as recency
    from marts.mart_funnel_survival
    where
        from_stage = 'mql' and to_stage = 'sql' and period_type = 'quarter' and segment_type = 'all'
        and day_number = 0 and converted_rate is not null
)

select
    curve.period_start_date as quarter,
    quarters.recency,
    curve.day_number as day,
    curve.entrants,
    curve.at_risk_count as at_risk,
    curve.converted_rate as rate,
    curve.converted_rate_low as low,
    curve.converted_rate_high as high,
    curve.is_provisional
from marts.mart_funnel_survival as curve
inner join quarters on curve.period_start_date = quarters.period_start_date
where
    curve.from_stage = 'mql' and curve.to_stage = 'sql'
    and curve.period_type = 'quarter' and curve.segment_type = 'all'
    and quarters.recency <= 2 and curve.converted_rate is not null
order by quarters.recency, curve.day_number
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The latest quarter: after a week, and at the end of the curve."""
    curve = [row for row in rows if row["recency"] == 1]
    end = curve[-1]
    early = [row for row in curve if row["day"] <= EARLY_DAY][-1]
    answer = say.say(
        "survival_headline",
        count=say.number(end["entrants"]),
        quarter=say.quarter(end["quarter"]),
        early=say.share(early["rate"]),
        day=early["day"],
        late=say.share(end["rate"]),
        end=end["day"],
    )
    return Headline(answer, say.say("survival_says"))


def picture(rows: Rows, say: Language) -> Chart:
    """Converted share by day, a step line per quarter; the band is of the latest."""
    values: list[Row] = [
        {
            **rate_of(row, say),
            "quarter": say.quarter(row["quarter"]),
            "day": row["day"],
            "recency": row["recency"],
        }
        for row in rows
    ]
    quarters = list(dict.fromkeys(value["quarter"] for value in values))
    base = alt.Chart(inline(values)).encode(
        x=alt.X(
            "day:Q",
            title=say.say("survival_days"),
            axis=alt.Axis(grid=False, tickMinStep=1),
            scale=alt.Scale(nice=False),
        )
    )
    axis = percent_axis(say.say("survival_axis"))
    legend = alt.Legend(title=None, symbolType="stroke", symbolSize=500, columns=LEGEND_COLUMNS)
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
        tooltip=tips(
            say,
            quarter="survival_quarter",
            day="survival_days",
            rate_text="tip_share",
            span_text=INTERVAL,
        ),
    )
    has_band = any(row["recency"] == 1 and row["low"] is not None for row in rows)
    return finished(alt.layer(*([band] if has_band else []), lines), say, "survival", 260)


QUESTION = Question(
    "survival",
    "funnel",
    ("conversion_by_day",),
    QUERY,
    headline,
    picture,
)
