"""How many were in each stage at the end of each day?"""

import altair as alt

from orchestration.dashboard.drawing import Chart, finished, inline, or_dash, stage_lines, tips
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row, iso
from orchestration.dashboard.theme import STAGE_COLOURS
from orchestration.dashboard.words import Language

QUERY = """
-- How many were in each stage at the end of each day? The last 180 days, the latest first; leads are not shown.
select
    inventory.date_day as day,
    inventory.stage,
    inventory.closing_count as persons,
    inventory.aged_count as aged,
    inventory.median_age_days
from marts.mart_stage_inventory as inventory
inner join core.dim_stages as stages on inventory.stage = stages.stage
where
    inventory.segment_type = 'all' and inventory.stage in ('mql', 'sal', 'sql', 'opportunity')
    and inventory.date_day > (select max(date_day) - interval 180 day from marts.mart_stage_inventory)
order by day desc, stages.ordinal
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The last day."""
    last = [row for row in rows if row["day"] == rows[0]["day"]]
    parts = [
        say.say("inventory_part", count=say.number(row["persons"]), stage=say.term(row["stage"]))
        for row in last
        if row["persons"]
    ]
    aged = sum(row["aged"] or 0 for row in last)
    return Headline(
        say.say("inventory_headline", day=say.day(rows[0]["day"]), parts=", ".join(parts)),
        say.say("inventory_says", aged=say.number(aged)),
    )


def picture(rows: Rows, say: Language) -> Chart:
    """Persons in each stage by day, a line per stage."""
    values: list[Row] = [
        {
            "day": iso(row["day"]),
            "day_text": say.day(row["day"]),
            "stage": say.term(row["stage"]),
            "persons": row["persons"],
            "persons_text": say.number(row["persons"]),
            "aged_text": or_dash(row["aged"], say.number, say),
        }
        for row in rows
    ]
    stages = [stage for stage in STAGE_COLOURS if any(row["stage"] == stage for row in rows)]
    lines = (
        alt.Chart(inline(values))
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X(
                "utcyearmonthdate(day):T",
                title=None,
                axis=alt.Axis(format="%-d %b %y", grid=False, tickCount=6),
            ),
            y=alt.Y("persons:Q", title=say.say("inventory_axis"), scale=alt.Scale(domainMin=0)),
            **stage_lines(stages, say),
            tooltip=tips(
                say,
                day_text="tip_day",
                stage="tip_stage",
                persons_text="tip_persons",
                aged_text="tip_aged",
            ),
        )
    )
    return finished(lines, say, "inventory", 260)


QUESTION = Question(
    "inventory",
    "sales",
    (
        "stage_inventory",
        "aged_inventory",
    ),
    QUERY,
    headline,
    picture,
    has_something=lambda rows: any(row["persons"] for row in rows),
)
