select
    stage,
    needed_count as needed,
    arrived_count as arrived,
    round(in_flight, 1) as in_flight,
    gap_count as gap,
    lag_days,
    needed_by_date::varchar as needed_by,
    working_days_left as days_left,
    round(gap_per_working_day, 1) as per_day
from marts.mart_plan
where goal_metric = 'customer' and period_start_date = date '2025-08-01' and scenario = 'expected' and segment_type = 'all'
order by array_position(['customer', 'sql', 'mql', 'lead', 'visitor'], stage)
