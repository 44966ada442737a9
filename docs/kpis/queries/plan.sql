select
    stage,
    round(next_stage_rate, 4) as rate_to_next,
    round(needed, 1) as needed,
    needed_count as rounded_up
from marts.mart_plan
where goal_metric = 'customer' and period_start_date = date '2025-08-01' and scenario = 'expected' and segment_type = 'all'
order by array_position(['customer', 'sql', 'mql', 'lead', 'visitor'], stage)
