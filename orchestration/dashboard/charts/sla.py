"""Were MQLs contacted in time?"""

import altair as alt

from orchestration.dashboard.drawing import Chart, finished, inline, month_of, ratio_of, tips
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import BLUE, DARK_RED, GREY, PALE_GREY, PALE_ORANGE
from orchestration.dashboard.words import Language

SLA_COLOURS = {
    "met": BLUE,
    "late": PALE_ORANGE,
    "never": DARK_RED,
    "pending": GREY,
    "untold": PALE_GREY,
}

QUERY = """
-- Were MQLs contacted in time? By month of MQL: met, late, not contacted though the time is up, still in time, and
-- those of whom nobody can tell; beside them the month's MQLs as the metric counts them, each person once.
select
    sla.period_start_date as month,
    sla.mqls,
    counted.metric_value as counted_mqls,
    sla.met,
    sla.breached as late,
    sla.open_breached as never,
    sla.pending,
    sla.unknown as untold,
    sla.judged,
    sla.sla_attainment_rate as rate,
    sla.sla_attainment_rate_low as low,
    sla.sla_attainment_rate_high as high
from marts.mart_sla as sla
left join marts.mart_metric_values as counted
    on
        counted.metric = 'mql' and counted.period_type = 'month' and counted.segment_type = 'all'
        and sla.period_start_date = counted.period_start_date
where
    sla.policy_key = 'first_contact_1h' and sla.period_type = 'month' and sla.segment_type = 'all'
    and sla.period_start_date > (
        select max(period_start_date) - interval 12 month
        from marts.mart_sla
        where policy_key = 'first_contact_1h' and period_type = 'month' and segment_type = 'all'
    )
order by month
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The latest month in which a limit has passed, and why its MQLs are not those of the tile."""
    latest = [row for row in rows if row["rate"] is not None][-1]
    says = say.say("sla_says")
    if latest["counted_mqls"] is not None and latest["counted_mqls"] != latest["mqls"]:
        says += " " + say.say(
            "sla_counts",
            month=say.month(latest["month"]),
            here=say.number(latest["mqls"]),
            counted=say.number(latest["counted_mqls"]),
        )
    answer = say.say(
        "sla_headline",
        rate=say.share(latest["rate"]),
        month=say.month(latest["month"]),
        never=say.number(latest["never"]),
    )
    return Headline(answer, says)


def picture(rows: Rows, say: Language) -> Chart:
    """MQLs by month, a bar of its parts: in time, late, not contacted, and of whom nobody can tell."""
    parts = [part for part in SLA_COLOURS if any(row[part] for row in rows)]
    values: list[Row] = [
        {
            **month_of(row, say),
            "part": say.term(part),
            "order": order,
            "persons": row[part],
            "text": ratio_of(row[part], row["mqls"], say),
        }
        for row in rows
        for order, part in enumerate(parts)
        if row[part]
    ]
    bars = (
        alt.Chart(inline(values))
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
            tooltip=tips(say, month_text="tip_month", part="sla_outcome", text="tip_persons"),
        )
    )
    return finished(bars, say, "sla", 260)


QUESTION = Question(
    "sla",
    "sales",
    (
        "sla_attainment",
        "wasted_mql",
    ),
    QUERY,
    headline,
    picture,
    has_something=lambda rows: any(row["rate"] is not None for row in rows),
)
