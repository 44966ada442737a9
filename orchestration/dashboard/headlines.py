"""What a chart says, in one line worked out from its rows, and what is shown in it.

Each function takes the rows of the query of its name (at least one).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.dashboard.release import Row
from orchestration.dashboard.words import Language, first_upper

EARLY_DAY = 7


@dataclass(frozen=True)
class Headline:
    """The answer, and what the chart shows of whom."""

    answer: str
    says: str


def pace(rows: Sequence[Row], say: Language) -> Headline:
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


def funnel(rows: Sequence[Row], say: Language) -> Headline:
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


def conversion(rows: Sequence[Row], say: Language) -> Headline:
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


def survival(rows: Sequence[Row], say: Language) -> Headline:
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


def attrition(rows: Sequence[Row], say: Language) -> Headline:
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


def sla(rows: Sequence[Row], say: Language) -> Headline:
    """The latest month in which a limit has passed."""
    latest = [row for row in rows if row["rate"] is not None][-1]
    answer = say.say(
        "sla_headline",
        rate=say.share(latest["rate"]),
        month=say.month(latest["month"]),
        never=say.number(latest["never"]),
    )
    return Headline(answer, say.say("sla_says"))


def inventory(rows: Sequence[Row], say: Language) -> Headline:
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


def calibration(rows: Sequence[Row], say: Language) -> Headline:
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


def channels(rows: Sequence[Row], say: Language) -> Headline:
    """The dearest and the cheapest channel, among those with costs."""
    paid = [row for row in rows if row["full_cost"] > 0 and row["channel"] != "unallocated"]
    priced = sorted(
        (row for row in paid if row["customers"]), key=lambda row: -row["cost_per_customer"]
    )
    unallocated = sum(row["full_cost"] for row in rows if row["channel"] == "unallocated")
    says = say.say("channels_says", unallocated=say.money(unallocated))
    if not priced:
        spent = say.money(sum(row["full_cost"] for row in rows))
        return Headline(say.say("channels_headline_none", cost=spent), says)
    dear, cheap = priced[0], priced[-1]
    answer = say.say(
        "channels_headline" if len(priced) > 1 else "channels_headline_one",
        dear=say.term(dear["channel"]),
        high=say.money(dear["cost_per_customer"]),
        cheap=say.term(cheap["channel"]),
        low=say.money(cheap["cost_per_customer"]),
    )
    return Headline(answer, says)


def roi(rows: Sequence[Row], say: Language) -> Headline:
    """Spend that no model credits with a customer."""
    count, cost = rows[0]["campaigns_without_result"], rows[0]["cost_without_result"]
    key = {0: "roi_headline_all", 1: "roi_headline_one"}.get(count, "roi_headline")
    answer = say.say(key, count=say.number(count), cost=say.money(cost))
    return Headline(answer, say.say("roi_says"))
