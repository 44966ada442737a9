"""Do MQLs with a higher score become SQLs more often?"""

import altair as alt

from orchestration.dashboard.drawing import (
    INTERVAL,
    Chart,
    finished,
    inline,
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
-- Do MQLs with a higher score become SQLs more often? By tenth of the score at entry; matured MQLs only.
select
    bucket_number as tenth,
    horizon_days,
    score_low,
    score_high,
    mqls,
    conversions as converted,
    conversion_rate as rate,
    conversion_rate_low as low,
    conversion_rate_high as high,
    overall_conversion_rate as overall,
    lift
from marts.mart_score_calibration
where
    to_stage = 'sql' and bucket_type = 'decile' and period_type = 'all' and segment_type = 'all'
    and conversion_rate is not null
order by tenth
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The highest and the lowest tenth."""
    lowest, highest = rows[0], rows[-1]
    return Headline(
        say.say(
            "calibration_headline", high=say.share(highest["rate"]), low=say.share(lowest["rate"])
        ),
        say.say(
            "calibration_says", days=lowest["horizon_days"], overall=say.share(lowest["overall"])
        ),
    )


def picture(rows: Rows, say: Language) -> Chart:
    """Rate by tenth of the score with its interval, and the rate of all."""
    values: list[Row] = [
        {
            **rate_of(row, say),
            "tenth": row["tenth"],
            "score_text": say.say(
                "span", low=say.number(row["score_low"], 1), high=say.number(row["score_high"], 1)
            ),
            "of_text": ratio_of(row["converted"], row["mqls"], say),
        }
        for row in rows
    ]
    base = alt.Chart(inline(values)).encode(
        x=alt.X("tenth:O", title=say.say("calibration_tenth"), axis=alt.Axis(labelAngle=0)),
        tooltip=tips(
            say,
            score_text="tip_score",
            rate_text="tip_share",
            of_text="tip_of",
            span_text=INTERVAL,
        ),
    )
    axis = percent_axis(say.say("calibration_axis"))
    bars = base.mark_bar(color=BLUE).encode(y=alt.Y("rate:Q", axis=axis))
    spans = base.mark_rule(strokeWidth=2).encode(y="low:Q", y2="high:Q")
    overall = (
        alt.Chart(inline([{"overall": rows[0]["overall"]}]))
        .mark_rule(strokeDash=[6, 4])
        .encode(y="overall:Q")
    )
    return finished(bars + spans + overall, say, "calibration", 260)


QUESTION = Question(
    "calibration",
    "sales",
    ("score_lift",),
    QUERY,
    headline,
    picture,
    has_something=lambda rows: len(rows) > 1,
)
