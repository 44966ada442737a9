"""What did a customer of each channel cost?"""

import altair as alt

from orchestration.dashboard.drawing import Chart, finished, inline, or_dash, tips, with_room
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.theme import BLUE, GREY
from orchestration.dashboard.words import Language

WHOLE = "all_channels"

QUERY = """
-- What did a customer of each channel cost? Full cost and new customers of the last twelve complete months.
with last_month as (
    select coalesce(max(month_start_date) filter (where is_month_complete), max(month_start_date)) as month_start_date
    from marts.mart_working_day_pace
    where metric = 'lead' and segment_type = 'all' and elapsed_working_days > 0
)

-- costs, leads and customers are the same for every model: one is read
select
    roi.segment_value as channel,
    sum(roi.full_cost_amount) as full_cost,
    cast(sum(roi.leads) as bigint) as leads,
    cast(sum(roi.customers) as bigint) as customers,
    sum(roi.full_cost_amount)
    / nullif(sum(roi.customers) filter (where roi.full_cost_amount is not null), 0) as cost_per_customer
from marts.mart_campaign_roi as roi
cross join last_month
where
    roi.segment_type = 'channel' and roi.period_type = 'month'
    and roi.attribution_model = (select min(attribution_model) from marts.mart_campaign_roi)
    and roi.period_start_date > last_month.month_start_date - interval 12 month
    and roi.period_start_date <= last_month.month_start_date
group by roi.segment_value
having sum(roi.full_cost_amount) > 0 or sum(roi.customers) > 0
order by full_cost desc nulls last, customers desc, channel
"""


def headline(rows: Rows, say: Language) -> Headline:
    """The dearest and the cheapest channel among those with costs, or that most cost has none."""
    paid = [row for row in rows if row["full_cost"] and row["channel"] != "unallocated"]
    priced = sorted(
        (row for row in paid if row["customers"]), key=lambda row: -row["cost_per_customer"]
    )
    unallocated = sum(row["full_cost"] or 0 for row in rows if row["channel"] == "unallocated")
    spent = sum(row["full_cost"] or 0 for row in rows)
    says = say.say("channels_says", unallocated=say.money(unallocated), cost=say.money(spent))
    if not priced:
        return Headline(say.say("channels_headline_none", cost=say.money(spent)), says)
    if 2 * unallocated > spent:
        share = say.share(unallocated / spent)
        return Headline(say.say("channels_headline_unallocated", share=share), says)
    dear, cheap = priced[0], priced[-1]
    answer = say.say(
        "channels_headline" if len(priced) > 1 else "channels_headline_one",
        dear=say.term(dear["channel"]),
        high=say.money(dear["cost_per_customer"]),
        cheap=say.term(cheap["channel"]),
        low=say.money(cheap["cost_per_customer"]),
    )
    return Headline(answer, says)


def picture(rows: Rows, say: Language) -> Chart:
    """Cost per new customer of the whole and by channel; rows without a cost or a customer too."""
    by_cost = sorted(rows, key=lambda row: -(row["cost_per_customer"] or 0))
    values: list[Row] = [
        {
            "row": f"{say.term(row['channel'])}\n"
            + say.say("channels_row", customers=say.number(row["customers"])),
            "channel": say.term(row["channel"]),
            "is_whole": row["channel"] == WHOLE,
            "cost": row["cost_per_customer"] or 0,
            "text": _cost_text(row, say),
            "cost_text": or_dash(row["full_cost"], say.money, say),
            "customers_text": say.number(row["customers"]),
            "leads_text": say.number(row["leads"]),
        }
        for row in (_whole(rows), *by_cost)
    ]
    base = alt.Chart(inline(values)).encode(
        y=alt.Y(
            "row:N",
            sort=[value["row"] for value in values],
            title=None,
            axis=alt.Axis(labelExpr=r"split(datum.label, '\n')", labelLineHeight=15),
        ),
        x=alt.X(
            "cost:Q",
            title=say.say("channels_axis"),
            axis=alt.Axis(format=",d", tickCount=4, tickMinStep=1, labelBound=True),
            scale=with_room(max((value["cost"] for value in values), default=0), 1.6),
        ),
        tooltip=tips(
            say,
            channel="tip_channel",
            text="channels_axis",
            cost_text="tip_cost",
            customers_text="tip_customers",
            leads_text="tip_leads",
        ),
    )
    bars = base.mark_bar(height=20).encode(
        color=alt.condition("datum.is_whole", alt.value(GREY), alt.value(BLUE))
    )
    texts = base.mark_text(align="left", dx=6).encode(text="text:N")
    return finished(bars + texts, say, "channels", 40 * len(values))


def _whole(rows: Rows) -> Row:
    """All channels together, with the cost that names none: the metric's cost per customer."""
    costs = [row["full_cost"] for row in rows if row["full_cost"] is not None]
    customers = sum(row["customers"] for row in rows)
    return {
        "channel": WHOLE,
        "full_cost": sum(costs) if costs else None,
        "leads": sum(row["leads"] for row in rows),
        "customers": customers,
        "cost_per_customer": sum(costs) / customers if costs and customers else None,
    }


def _cost_text(row: Row, say: Language) -> str:
    if row["channel"] == "unallocated":
        return say.say("channels_unallocated", cost=say.money(row["full_cost"]))
    if not row["full_cost"]:
        return say.say("channels_free")
    if not row["customers"]:
        return say.say("channels_spent", cost=say.money(row["full_cost"]))
    return say.money(row["cost_per_customer"])


QUESTION = Question(
    "channels",
    "marketing",
    (
        "customer_acquisition_cost",
        "full_cost",
    ),
    QUERY,
    headline,
    picture,
    has_something=lambda rows: any(row["full_cost"] for row in rows),
)
