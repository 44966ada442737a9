select
    strftime(period_start_date, '%Y') as year,
    round(numerator)::bigint as net_revenue,
    denominator::int as paid_orders,
    round(metric_value)::bigint as average_purchase
from marts.mart_metric_values
where metric = 'average_purchase' and period_type = 'year' and segment_type = 'all'
order by year desc
