"""How many MQLs became SQLs within the horizon?"""

import altair as alt

from orchestration.dashboard.drawing import (
    INTERVAL,
    Chart,
    finished,
    inline,
    month_axis,
    month_of,
    percent_axis,
    rate_of,
    ratio_of,
    tips,
)
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import BLUE
from orchestration.dashboard.words import Language

QUERY = """
-- How many MQLs became SQLs within the horizon? By month of MQL, with the 95 % interval.
select
    period_start_date as month,
    horizon_days,
    denominator as followed,
    cast(numerator as bigint) as converted,
    conversion_rate as rate,
    conversion_rate_low as low,
    conversion_rate_high as high,
    mature_share,
    is_small_n,
    is_provisional
from marts.mart_funnel_conversion
where
    from_stage = 'mql' and to_stage = 'sql' and rate_kind = 'matured'
    and period_type = 'month' and segment_type = 'all' and count_mode = 'first' and order_mode = 'ordered'
    and conversion_rate is not null
order by month
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The latest month that had its time; before there is one, the latest of all."""
    sure = [row for row in rows if not row["is_provisional"]]
    latest = (sure or rows)[-1]
    answer = say.say(
        "conversion_headline" if sure else "conversion_headline_provisional",
        rate=say.share(latest["rate"], 1),
        count=say.number(latest["followed"]),
        month=say.month(latest["month"]),
        days=latest["horizon_days"],
    )
    return Headline(answer, say.say("conversion_says", days=latest["horizon_days"]))


def picture(rows: Rows, say: Language) -> Chart:
    """Matured rate by month: a line, its interval as a band, provisional months hollow."""
    values: list[Row] = [
        {
            **month_of(row, say),
            **rate_of(row, say),
            "is_provisional": row["is_provisional"],
            "of_text": ratio_of(row["converted"], row["followed"], say),
        }
        for row in rows
    ]
    axis = percent_axis(say.say("conversion_axis"))
    base = alt.Chart(inline(values)).encode(x=month_axis())
    sure = base.transform_filter("!datum.is_provisional")
    band = sure.mark_area(color=BLUE, opacity=0.2).encode(
        y=alt.Y("low:Q", axis=axis, scale=alt.Scale(domainMin=0)), y2="high:Q"
    )
    line = sure.mark_line(color=BLUE, strokeWidth=2).encode(y=alt.Y("rate:Q", axis=axis))
    spans = base.transform_filter("datum.is_provisional").mark_rule().encode(y="low:Q", y2="high:Q")
    points = base.mark_point(size=60, opacity=1, stroke=BLUE, strokeWidth=2).encode(
        y="rate:Q",
        fill=alt.condition("datum.is_provisional", alt.value("white"), alt.value(BLUE)),
        tooltip=tips(
            say, month_text="tip_month", rate_text="tip_share", of_text="tip_of", span_text=INTERVAL
        ),
    )
    # a layer without a row would have no extent
    of_sure = [band, line] if any(not row["is_provisional"] for row in rows) else []
    of_others = [spans] if any(row["is_provisional"] for row in rows) else []
    return finished(alt.layer(*of_sure, *of_others, points), say, "conversion", 260)


QUESTION = Question(
    "conversion",
    "funnel",
    ("mql_to_sql_rate",),
    QUERY,
    headline,
    picture,
)
