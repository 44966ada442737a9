select
    strftime(period_start_date, '%Y-%m') as month,
    round(metric_value)::bigint as net_revenue,
    round(sum(metric_value) over (partition by year(period_start_date) order by period_start_date))::bigint as this_year
from marts.mart_metric_values
where metric = 'net_revenue' and period_type = 'month' and segment_type = 'all' and period_start_date >= date '2025-01-01'
order by month
