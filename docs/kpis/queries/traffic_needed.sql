select
    strftime(period_start_date, '%Y-%m') as month,
    mql_target::int as mql_target,
    traffic_needed,
    visitors,
    round(traffic_needed / mql_target)::int as visitors_per_mql
from marts.mart_traffic
where period_type = 'month' and segment_type = 'all' and visitors > 0
order by month desc
limit 3
