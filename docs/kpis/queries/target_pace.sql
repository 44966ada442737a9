select
    metric,
    actual,
    target_value::int as target,
    elapsed_working_days as elapsed,
    working_days as days,
    round(target_so_far, 1) as target_so_far,
    round(target_pace, 2) as pace
from marts.mart_working_day_pace
where
    segment_type = 'all' and month_start_date = date '2025-06-01' and metric in ('mql', 'sql', 'customer')
order by array_position(['mql', 'sql', 'customer'], metric)
