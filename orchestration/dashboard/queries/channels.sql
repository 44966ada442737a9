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
    sum(roi.full_cost_amount) / nullif(sum(roi.customers), 0) as cost_per_customer
from marts.mart_campaign_roi as roi
cross join last_month
where
    roi.segment_type = 'channel' and roi.period_type = 'month'
    and roi.attribution_model = (select min(attribution_model) from marts.mart_campaign_roi)
    and roi.period_start_date > last_month.month_start_date - interval 12 month
    and roi.period_start_date <= last_month.month_start_date
group by roi.segment_value
having sum(roi.full_cost_amount) > 0 or sum(roi.customers) > 0
order by full_cost desc, customers desc, channel
