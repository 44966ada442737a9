select
    strftime(period_start_date, '%Y-%m') as month,
    metric_value::int as leads,
    lag(metric_value) over (order by period_start_date)::int as month_before,
    round(100 * (metric_value / lag(metric_value) over (order by period_start_date) - 1), 1) as growth_percent
from marts.mart_metric_values
where metric = 'leads_generated' and period_type = 'month' and segment_type = 'all'
order by month desc
limit 3
