select
    entrants,
    ended_count as became_sql,
    round(median_duration, 1) as median_days,
    round(p25_duration, 1) as p25_days,
    round(converters_only_mean_duration, 1) as mean_of_those_who_arrived
from marts.mart_stage_velocity
where
    measure = 'time_to_stage' and from_stage = 'mql' and to_stage = 'sql' and clock = 'elapsed'
    and segment_type = 'all' and month_start_date = date '2025-03-01'
