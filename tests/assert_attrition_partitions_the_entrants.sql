-- Every observed entry to a stage before the last has one outcome, each cut of a cohort adds up to its matured
-- entrants, and those who advanced are the conversions to the next stage that the conversion mart counts: the next one
-- that their system records.
with next_stages as (

    select
        recording.source_system,
        horizons.from_stage as stage,
        min_by(horizons.to_stage, later.ordinal) as next_stage
    from {{ ref('conversion_horizons') }} as horizons
    inner join {{ ref('dim_stages') }} as later on horizons.to_stage = later.stage
    inner join {{ ref('dim_recording') }} as recording on recording.subject = 'stage_' || horizons.to_stage
    where recording.is_recorded
    group by 1, 2

),

entered as (

    select
        entries.stage,
        cast(date_trunc('month', entries.entered_date) as date) as month_start_date,
        count(*) as entrants
    from {{ ref('fct_stage_entries') }} as entries
    inner join next_stages
        on entries.source_system = next_stages.source_system and entries.stage = next_stages.stage
    where not entries.is_inferred
    group by 1, 2

),

cohorts as (

    select
        month_start_date,
        stage,
        horizon_days,
        segment_type,
        segment_value,
        max(entrants) as entrants,
        max(denominator) as mature_entrants,
        sum(numerator) as outcomes,
        sum(case when outcome = 'advanced' then numerator else 0 end) as advanced
    from {{ ref('mart_attrition') }}
    group by 1, 2, 3, 4, 5

),

cuts as (

    select
        month_start_date,
        stage,
        segment_type,
        sum(entrants) as entrants
    from cohorts
    group by 1, 2, 3

),

conversions as (

    select * from {{ ref('mart_funnel_conversion') }}
    where period_type = 'month' and count_mode = 'cycle' and order_mode = 'ordered' and rate_kind = 'matured'

)

select
    'an outcome is missing or counted twice' as fault,
    stage,
    month_start_date,
    segment_type
from cohorts
where outcomes != mature_entrants

union all

select
    'an entry is missing or counted twice' as fault,
    coalesce(cuts.stage, entered.stage) as stage,
    coalesce(cuts.month_start_date, entered.month_start_date) as month_start_date,
    cuts.segment_type
from entered
full outer join cuts on entered.stage = cuts.stage and entered.month_start_date = cuts.month_start_date
where entered.entrants is distinct from cuts.entrants

union all

select
    'the conversion mart differs' as fault,
    cohorts.stage,
    cohorts.month_start_date,
    cohorts.segment_type
from cohorts
inner join next_stages
    on cohorts.stage = next_stages.stage and cohorts.segment_value = next_stages.source_system
left join conversions
    on
        cohorts.stage = conversions.from_stage
        and next_stages.next_stage = conversions.to_stage
        and cohorts.month_start_date = conversions.period_start_date
        and cohorts.segment_type = conversions.segment_type
        and cohorts.segment_value = conversions.segment_value
where
    cohorts.segment_type = 'source_system'
    and (
        conversions.denominator is distinct from cohorts.mature_entrants
        or conversions.numerator is distinct from cohorts.advanced
    )
