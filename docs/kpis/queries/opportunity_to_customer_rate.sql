select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    numerator::int as won,
    denominator::int as opportunities,
    round(100 * metric_value, 1) as percent,
    round(100 * metric_value_low, 1) as low,
    round(100 * metric_value_high, 1) as high,
    round(100 * mature_share) as mature_percent
from marts.mart_metric_values
where metric = 'opportunity_to_customer_rate' and period_type = 'quarter' and segment_type = 'all'
order by quarter_from desc
limit 4
