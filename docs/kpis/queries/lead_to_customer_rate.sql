select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    numerator::int as customers,
    denominator::int as leads,
    round(100 * metric_value, 2) as percent,
    round(100 * metric_value_low, 2) as low,
    round(100 * metric_value_high, 2) as high,
    benchmark_verdict as verdict
from marts.mart_metric_values
where metric = 'lead_to_customer_rate' and period_type = 'quarter' and segment_type = 'all' and mature_share = 1
order by quarter_from desc
limit 4
