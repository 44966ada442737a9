-- The rate from MQL to SQL of the last two months whose MQLs have all had their time.
select
    metric,
    period_start_date as month,
    row_number() over (order by period_start_date desc) as recency,
    metric_value as value,
    numerator,
    denominator,
    metric_value_low as low,
    metric_value_high as high,
    benchmark_verdict,
    cast(null as double) as benchmark_low,
    is_small_n,
    is_provisional
from marts.mart_metric_values
where
    metric = 'mql_to_sql_rate' and period_type = 'month' and segment_type = 'all'
    and metric_value is not null and not is_provisional
order by period_start_date desc
limit 2
