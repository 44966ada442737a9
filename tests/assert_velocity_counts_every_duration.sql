-- Every stint and every transition has its duration, none lost on the way to its calendar; each cut of the mart adds up
-- to them; the quantiles lie in order, and the median within its interval.
with expected as (

    select 'time_in_stage' as measure, count(*) as durations, count(*) filter (where not is_open) as ended
    from {{ ref('fct_stage_stints') }}

    union all

    select 'time_to_stage' as measure, count(*) as durations, count(converted_observed_at) as ended
    from {{ ref('fct_stage_transitions') }}

),

counted as (

    select
        measure,
        segment_type,
        clock,
        sum(entrants) as durations,
        sum(ended_count) as ended
    from {{ ref('mart_stage_velocity') }}
    group by 1, 2, 3

)

select
    'a duration is missing or counted twice' as fault,
    counted.measure,
    counted.segment_type,
    counted.clock
from expected
left join counted on expected.measure = counted.measure
where
    expected.durations > 0
    and (expected.durations is distinct from counted.durations or expected.ended is distinct from counted.ended)

union all

select
    'the quantiles are out of order' as fault,
    measure,
    segment_type,
    clock
from {{ ref('mart_stage_velocity') }}
where
    p25_duration > coalesce(median_duration, p25_duration)
    or median_duration > coalesce(p75_duration, median_duration)
    or p75_duration > coalesce(p90_duration, p75_duration)
    -- the first ones may be too short to be known, the last ones may not be reached
    or (median_duration is null and p25_duration is not null and p75_duration is not null)
    or (p75_duration is null and median_duration is not null and p90_duration is not null)
    or median_duration_low > median_duration
    or median_duration > median_duration_high
    or ended_count + censored_count != entrants
    or p25_duration < 0
