select
    segment_value as team,
    numerator::int as opportunities,
    denominator::int as sqls,
    round(100 * metric_value, 1) as percent,
    round(100 * metric_value_low, 1) as low,
    round(100 * metric_value_high, 1) as high
from marts.mart_metric_values
where metric = 'sql_to_opportunity_rate' and period_type = 'all' and segment_type = 'owner_team'
order by percent desc, team
