select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    round(numerator)::bigint as full_cost,
    denominator::int as new_customers,
    round(metric_value)::int as cac
from marts.mart_metric_values
where metric = 'customer_acquisition_cost' and period_type = 'quarter' and segment_type = 'all'
order by quarter_from desc
limit 3
