select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    numerator::int as became_sql,
    denominator::int as mqls,
    round(100 * metric_value, 1) as percent,
    round(100 * metric_value_low, 1) as low,
    round(100 * metric_value_high, 1) as high
from marts.mart_metric_values
where metric = 'mql_to_sql_rate' and period_type = 'quarter' and segment_type = 'all' and mature_share = 1
order by quarter_from desc
limit 3
