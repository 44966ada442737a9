"""Actuals against the share of the target that the elapsed working days account for."""

import altair as alt

from orchestration.dashboard.drawing import (
    Chart,
    finished,
    inline,
    month_axis,
    month_of,
    percent_axis,
    stage_lines,
    tips,
)
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import STAGE_COLOURS
from orchestration.dashboard.words import Language, first_upper

QUERY = """
-- What came, against the part of the target that fell to the working days until then; the last twelve months.
select
    metric,
    month_start_date as month,
    actual,
    target_value as target,
    target_so_far,
    target_pace as pace,
    is_month_complete
from marts.mart_working_day_pace
where
    segment_type = 'all' and metric in ('mql', 'sql', 'customer')
    and target_pace is not null and elapsed_working_days > 0
    and month_start_date > (
        select max(month_start_date) - interval 12 month
        from marts.mart_working_day_pace
        where segment_type = 'all' and elapsed_working_days > 0
    )
order by month, metric
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The latest month with a target."""
    month = max(row["month"] for row in rows)
    latest = {row["metric"]: row for row in rows if row["month"] == month}
    parts = [
        say.say("pace_part", share=say.share(latest[stage]["pace"]), stage=say.term(stage))
        for stage in ("mql", "sql", "customer")
        if stage in latest
    ]
    has_ended = all(row["is_month_complete"] for row in latest.values())
    answer = say.say(
        "pace_ended" if has_ended else "pace_runs",
        month=first_upper(say.month(month)),
        parts=", ".join(parts),
    )
    return Headline(answer, say.say("pace_says"))


def picture(rows: Rows, say: Language) -> Chart:
    """Reached share of the target by month, a line per stage, and the target itself."""
    values: list[Row] = [
        {
            **month_of(row, say),
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
        alt.Chart(inline(values))
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=month_axis(),
            y=alt.Y(
                "pace:Q",
                axis=percent_axis(say.say("pace_axis")),
                scale=alt.Scale(domainMin=0),
            ),
            **stage_lines(stages, say),
            tooltip=tips(
                say,
                month_text="tip_month",
                stage="tip_stage",
                pace_text="tip_share",
                actual_text="tip_actual",
                target_text="tip_target",
            ),
        )
    )
    goal = alt.Chart(inline([{"goal": 1, "name": say.say("pace_target")}]))
    rule = goal.mark_rule(strokeWidth=1.5).encode(y="goal:Q")
    return finished(rule + lines, say, "pace", 260)


QUESTION = Question(
    "pace",
    "plan",
    ("target_pace",),
    QUERY,
    headline,
    picture,
)
