-- A person is in one stage at a time, without a gap: each stint ends where the next begins, the last one is open, and a
-- stint never repeats the stage before it.
with neighbours as (

    select
        *,
        lead(entered_at) over (partition by person_key order by stint_number) as next_entered_at,
        lead(stage) over (partition by person_key order by stint_number) as following_stage
    from {{ ref('fct_stage_stints') }}

)

select *
from neighbours
where
    exited_at is distinct from next_entered_at
    or is_open != (next_entered_at is null)
    or exited_at < entered_at
    or following_stage = stage
