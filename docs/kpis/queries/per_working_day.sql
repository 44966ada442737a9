select
    metric,
    actual,
    elapsed_working_days as days,
    round(per_working_day, 2) as per_day
from marts.mart_working_day_pace
where segment_type = 'all' and month_start_date = date '2025-06-01' and metric in ('lead', 'mql', 'sql', 'customer')
order by array_position(['lead', 'mql', 'sql', 'customer'], metric)
