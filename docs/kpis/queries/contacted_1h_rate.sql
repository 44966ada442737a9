select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    numerator::int as contacted,
    denominator::int as mqls,
    round(100 * metric_value, 1) as percent,
    round(100 * metric_value_low, 1) as low,
    round(100 * metric_value_high, 1) as high,
    benchmark_verdict as verdict
from marts.mart_metric_values
where metric = 'contacted_1h_rate' and period_type = 'quarter' and segment_type = 'all'
order by quarter_from desc
limit 3
