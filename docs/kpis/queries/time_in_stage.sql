select
    from_stage as stage,
    entrants,
    ended_count as left_it,
    round(median_duration, 1) as median_days,
    round(p75_duration, 1) as p75_days,
    round(p90_duration, 1) as p90_days,
    round(converters_only_mean_duration, 1) as mean_of_those_who_left
from marts.mart_stage_velocity
where
    measure = 'time_in_stage' and clock = 'elapsed' and segment_type = 'all'
    and month_start_date = date '2025-03-01' and from_stage in ('lead', 'mql', 'sal', 'sql', 'opportunity')
order by array_position(['lead', 'mql', 'sal', 'sql', 'opportunity'], from_stage)
