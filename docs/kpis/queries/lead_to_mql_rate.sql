select
    strftime(period_start_date, '%Y-%m') as month,
    numerator::int as became_mql,
    denominator::int as leads,
    round(100 * metric_value, 1) as percent,
    round(100 * metric_value_low, 1) as low,
    round(100 * metric_value_high, 1) as high
from marts.mart_metric_values
where metric = 'lead_to_mql_rate' and period_type = 'month' and segment_type = 'all' and mature_share = 1
order by month desc
limit 3
