-- A person is in one stage at a time, without a gap: each stint ends where the next begins, the last one is open, and a
-- stint never repeats the stage before it. What is dated before the creation ends the first stint where it begins.
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
    exited_at is distinct from case when next_entered_at < entered_at then entered_at else next_entered_at end
    or is_open != (next_entered_at is null)
    or exited_at < entered_at
    or following_stage = stage
