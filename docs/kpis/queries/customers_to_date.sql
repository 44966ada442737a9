select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    metric_value::int as new_customers,
    sum(metric_value) over (order by period_start_date)::int as to_date
from marts.mart_metric_values
where metric = 'new_customers' and period_type = 'quarter' and segment_type = 'all'
order by quarter_from desc
limit 3
