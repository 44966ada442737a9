select
    strftime(period_start_date, '%Y-%m') as quarter_from,
    round(numerator)::bigint as full_cost,
    denominator::int as sqls,
    round(metric_value, 2) as cost_per_sql
from marts.mart_metric_values
where metric = 'cost_per_sql' and period_type = 'quarter' and segment_type = 'all'
order by quarter_from desc
limit 3
