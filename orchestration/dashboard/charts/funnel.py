"""Of the leads that had the longest horizon, how many have reached each stage?"""

import altair as alt

from orchestration.dashboard.drawing import (
    Chart,
    finished,
    inline,
    or_dash,
    percent_axis,
    ratio_of,
    tips,
)
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import BLUE
from orchestration.dashboard.words import Language, first_upper

QUERY = """
-- Of the leads of the last twelve months that had the longest horizon, how many have reached each stage?
with mature_months as (
    select
        period_start_date,
        horizon_days
    from marts.mart_funnel_conversion
    where
        from_stage = 'lead' and to_stage = 'customer' and rate_kind = 'matured' and mature_share = 1
        and period_type = 'month' and segment_type = 'all' and count_mode = 'first' and order_mode = 'ordered'
    order by period_start_date desc
    limit 12
),

-- what is reached later counts too: every stage is of the same leads, and none has more than the one before it
reached as (
    select
        conversion.to_stage as stage,
        min(conversion.period_start_date) as first_month,
        max(conversion.period_start_date) as last_month,
        max(mature_months.horizon_days) as followed_days,
        sum(conversion.entrants) as leads,
        sum(conversion.numerator) as reached
    from marts.mart_funnel_conversion as conversion
    inner join mature_months on conversion.period_start_date = mature_months.period_start_date
    where
        conversion.from_stage = 'lead' and conversion.rate_kind = 'to_date'
        and conversion.period_type = 'month' and conversion.segment_type = 'all'
        and conversion.count_mode = 'first' and conversion.order_mode = 'ordered'
    group by conversion.to_stage
)

select
    reached.stage,
    reached.first_month,
    reached.last_month,
    reached.followed_days,
    cast(reached.leads as bigint) as leads,
    cast(reached.reached as bigint) as reached,
    reached.reached / nullif(reached.leads, 0) as rate,
    coalesce(lag(reached.stage) over (order by stages.ordinal), 'lead') as stage_before,
    reached.reached
    / nullif(coalesce(lag(reached.reached) over (order by stages.ordinal), reached.leads), 0) as step_rate
from reached
inner join core.dim_stages as stages on reached.stage = stages.stage
where reached.leads > 0
order by stages.ordinal
"""


def headline(rows: Rows, say: Language) -> Headline:
    """Of a hundred leads, how many reach which stage."""
    parts = [
        say.say("funnel_part", count=say.number(100 * row["rate"], 1), stage=say.term(row["stage"]))
        for row in rows
        if row["stage"] in ("mql", "sql", "customer")
    ]
    return Headline(
        say.say("funnel_headline", parts=", ".join(parts)),
        say.say(
            "funnel_says",
            first=say.month(rows[0]["first_month"]),
            last=say.month(rows[0]["last_month"]),
            days=rows[0]["followed_days"],
        ),
    )


def picture(rows: Rows, say: Language) -> Chart:
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
            rate=or_dash(row["step_rate"], say.share, say),
            stage=say.term(row["stage_before"]),
        )
        values.append(
            {
                "stage": f"{first_upper(say.term(row['stage']))}\n{step}",
                "rate": row["rate"],
                "text": f"{say.share(row['rate'], 1)} ({say.number(row['reached'])})",
                "of_text": ratio_of(row["reached"], row["leads"], say),
            }
        )
    base = alt.Chart(inline(values)).encode(
        y=alt.Y(
            "stage:N",
            sort=[value["stage"] for value in values],
            title=None,
            axis=alt.Axis(labelExpr=r"split(datum.label, '\n')", labelLineHeight=15),
        ),
        x=alt.X(
            "rate:Q",
            axis=percent_axis(say.say("funnel_axis"), values=[0, 0.5, 1]),
            scale=alt.Scale(domain=[0, 1.3], nice=False),
        ),
        tooltip=tips(
            say,
            text="tip_share",
            of_text="tip_reached",
        ),
    )
    bars = base.mark_bar(color=BLUE, height=22)
    texts = base.mark_text(align="left", dx=6).encode(text="text:N")
    return finished(bars + texts, say, "funnel", 42 * len(values))


QUESTION = Question(
    "funnel",
    "funnel",
    (
        "leads_generated",
        "lead_to_customer_rate",
    ),
    QUERY,
    headline,
    picture,
)
