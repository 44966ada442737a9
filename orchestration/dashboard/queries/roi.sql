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
