"""Why did leads leave the funnel?"""

import altair as alt

from orchestration.dashboard.drawing import Chart, finished, inline, tips, with_room
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import BLUE
from orchestration.dashboard.words import Language

QUERY = """
-- Why did leads leave the funnel? Entries of the last twelve complete months whose horizon has passed, by reason.
with last_month as (
    select coalesce(max(month_start_date) filter (where is_month_complete), max(month_start_date)) as month_start_date
    from marts.mart_working_day_pace
    where metric = 'lead' and segment_type = 'all' and elapsed_working_days > 0
),

reasons as (
    select
        attrition.outcome,
        attrition.reason,
        cast(sum(attrition.numerator) as bigint) as leads
    from marts.mart_attrition as attrition
    cross join last_month
    where
        attrition.segment_type = 'all' and attrition.outcome in ('lost', 'disqualified', 'recycled')
        and attrition.month_start_date > last_month.month_start_date - interval 12 month
        and attrition.month_start_date <= last_month.month_start_date
    group by attrition.outcome, attrition.reason
)

select
    outcome,
    reason,
    leads,
    leads / sum(leads) over () as share,
    cast(sum(leads) over () as bigint) as all_leads
from reasons
where leads > 0
order by leads desc, outcome, reason
limit 12
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The most frequent reason."""
    first = rows[0]
    answer = say.say(
        "attrition_headline",
        reason=say.term(first["reason"]),
        outcome=say.term(first["outcome"]),
        share=say.share(first["share"]),
        all=say.number(first["all_leads"]),
    )
    return Headline(answer, say.say("attrition_says"))


def picture(rows: Rows, say: Language) -> Chart:
    """Number of leads that left, a bar per reason and outcome."""
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
    base = alt.Chart(inline(values)).encode(
        y=alt.Y("row:N", sort=[value["row"] for value in values], title=None),
        x=alt.X(
            "leads:Q",
            title=say.say("attrition_axis"),
            axis=alt.Axis(tickMinStep=1, tickCount=3),
            scale=with_room(max(row["leads"] for row in rows), 1.25),
        ),
        tooltip=tips(
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


QUESTION = Question(
    "attrition",
    "funnel",
    ("attrition",),
    QUERY,
    headline,
    picture,
)
