"""What did the campaigns bring in for their cost, by each model of attribution?"""

import altair as alt

from orchestration.dashboard.drawing import Chart, finished, inline, or_dash, tips
from orchestration.dashboard.question import Headline, Question, Rows
from orchestration.dashboard.release import Row
from orchestration.dashboard.words import Language

ROI_STEPS = [0, 1, 5, 10, 20]

ROI_SHADES = ["#f2c1b8", "#edf1f5", "#d9e7f5", "#bcd6ee", "#9fc4e6", "#83b2dd"]

MODELS = ("first", "last", "linear", "time_decay", "u_shaped", "w_shaped")

QUERY = """
-- What did the campaigns bring in for their cost, by each model of attribution? The last twelve complete months;
-- spend that no model credits with a customer comes first, then the greatest spend.
with last_month as (
    select coalesce(max(month_start_date) filter (where is_month_complete), max(month_start_date)) as month_start_date
    from marts.mart_working_day_pace
    where metric = 'lead' and segment_type = 'all' and elapsed_working_days > 0
),

campaigns as (
    select
        roi.segment_value as campaign_id,
        roi.attribution_model as model,
        max(roi.segment_name) as campaign,
        sum(roi.full_cost_amount) as full_cost,
        sum(roi.attributed_customers) as customers,
        sum(roi.attributed_margin_amount) as margin
    from marts.mart_campaign_roi as roi
    cross join last_month
    where
        roi.segment_type = 'campaign' and roi.campaign_key is not null and roi.period_type = 'month'
        and roi.period_start_date > last_month.month_start_date - interval 12 month
        and roi.period_start_date <= last_month.month_start_date
    group by roi.segment_value, roi.attribution_model
),

spent as (
    select
        campaign_id,
        model,
        campaign,
        full_cost,
        customers,
        margin,
        -- a customer whose margin nobody knows makes the ROI unknown, not a loss
        case when margin is not null or customers = 0 then (coalesce(margin, 0) - full_cost) / full_cost end as roi,
        max(customers) over (partition by campaign_id) = 0 as is_without_result
    from campaigns
    where full_cost > 0
),

ranked as (
    select
        *,
        dense_rank() over (order by is_without_result desc, full_cost desc, campaign_id) as place
    from spent
),

without_result as (
    select
        count(distinct campaign_id) as campaigns,
        coalesce(sum(full_cost) filter (where model = (select min(model) from spent)), 0) as cost
    from spent
    where is_without_result
)

select
    ranked.place,
    ranked.campaign_id,
    ranked.campaign,
    ranked.model,
    ranked.full_cost,
    ranked.customers,
    ranked.margin,
    ranked.roi,
    ranked.is_without_result,
    without_result.campaigns as campaigns_without_result,
    without_result.cost as cost_without_result
from ranked
cross join without_result
where ranked.place <= 10
order by ranked.place, ranked.model
"""


def headline(rows: Rows, say: Language) -> Headline:
    """Spend that no model credits with a customer."""
    count, cost = rows[0]["campaigns_without_result"], rows[0]["cost_without_result"]
    key = {0: "roi_headline_all", 1: "roi_headline_one"}.get(count, "roi_headline")
    answer = say.say(key, count=say.number(count), cost=say.money(cost))
    return Headline(answer, say.say("roi_says"))


def picture(rows: Rows, say: Language) -> Chart:
    """Campaigns by model of attribution, each cell its ROI in words and as a shade."""
    models = [model for model in MODELS if any(row["model"] == model for row in rows)]
    models += sorted({row["model"] for row in rows} - set(models))
    values: list[Row] = [
        {
            # two campaigns of one name stay two
            "row": f"{row['place']}\n{row['campaign']}",
            "campaign": row["campaign"],
            "name": say.say("roi_row", campaign=row["campaign"], cost=say.money(row["full_cost"])),
            "model": say.term(row["model"]),
            "roi": row["roi"],
            "text": or_dash(row["roi"], lambda value: say.number(value, 1), say),
            "cost_text": say.money(row["full_cost"]),
            "margin_text": or_dash(row["margin"], say.money, say),
            "customers_text": say.number(row["customers"], 1),
        }
        for row in rows
    ]
    rows_of_cells = list(dict.fromkeys(value["row"] for value in values))
    base = alt.Chart(inline(values)).encode(y=alt.Y("row:N", sort=rows_of_cells, axis=None))
    x = alt.X(
        "model:N",
        sort=[say.term(model) for model in models],
        axis=alt.Axis(
            orient="top",
            title=None,
            labelExpr="split(datum.label, ' ')",
            labelAngle=0,
            labelFontSize=11,
            labelLineHeight=12,
            offset=14,
            labelOverlap=False,
            domain=False,
        ),
    )
    cells = base.mark_rect(height=20, yOffset=8).encode(
        x=x,
        color=alt.Color(
            "roi:Q",
            legend=None,
            scale=alt.Scale(type="threshold", domain=ROI_STEPS, range=ROI_SHADES),
        ),
        tooltip=tips(
            say,
            campaign="roi_campaign",
            model="roi_model",
            text="tip_roi",
            cost_text="tip_cost",
            margin_text="tip_margin",
            customers_text="tip_customers",
        ),
    )
    texts = base.mark_text(dy=8).encode(x=x, text="text:N")
    # the name stands above its cells, where there is room for it on a phone too
    names = (
        base.transform_filter(alt.datum.model == say.term(models[0]))
        .mark_text(align="left", dy=-11, limit=300)
        .encode(x=alt.value(0), text="name:N")
    )
    return finished(cells + texts + names, say, "roi", 44 * len(rows_of_cells))


QUESTION = Question(
    "roi",
    "marketing",
    ("marketing_roi",),
    QUERY,
    headline,
    picture,
)
