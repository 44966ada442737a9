select
    segment_value as channel,
    numerator::int as became_sql,
    denominator::int as sals,
    round(100 * metric_value, 1) as percent,
    round(100 * metric_value_low, 1) as low,
    round(100 * metric_value_high, 1) as high
from marts.mart_metric_values
where metric = 'sal_to_sql_rate' and period_type = 'all' and segment_type = 'channel'
order by percent desc, channel
