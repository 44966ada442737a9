select
    stage,
    max(needed_count) filter (where scenario = 'high') as at_the_best_rates,
    max(needed_count) filter (where scenario = 'expected') as expected,
    max(needed_count) filter (where scenario = 'low') as at_the_worst_rates
from marts.mart_plan
where goal_metric = 'customer' and period_start_date = date '2025-08-01' and segment_type = 'all'
group by stage
order by array_position(['customer', 'sql', 'mql', 'lead', 'visitor'], stage)
