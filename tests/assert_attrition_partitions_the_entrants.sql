-- Every observed entry to a stage before the last has one outcome, each cut of a cohort adds up to its matured
-- entrants, and those who advanced are the conversions to the next stage that the conversion mart counts.
with stages as (

    select
        stage,
        lead(stage) over (order by ordinal) as next_stage
    from {{ ref('dim_stages') }}
    where not is_side

),

entered as (

    select
        entries.stage,
        cast(date_trunc('month', entries.entered_date) as date) as month_start_date,
        count(*) as entrants
    from {{ ref('fct_stage_entries') }} as entries
    inner join stages on entries.stage = stages.stage
    where not entries.is_inferred and stages.next_stage is not null
    group by 1, 2

),

cohorts as (

    select
        month_start_date,
        stage,
        segment_type,
        segment_value,
        max(entrants) as entrants,
        max(denominator) as mature_entrants,
        sum(numerator) as outcomes,
        sum(case when outcome = 'advanced' then numerator else 0 end) as advanced
    from {{ ref('mart_attrition') }}
    group by 1, 2, 3, 4

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
inner join stages on cohorts.stage = stages.stage
left join conversions
    on
        cohorts.stage = conversions.from_stage
        and stages.next_stage = conversions.to_stage
        and cohorts.month_start_date = conversions.period_start_date
        and cohorts.segment_type = conversions.segment_type
        and cohorts.segment_value = conversions.segment_value
where
    conversions.denominator is distinct from cohorts.mature_entrants
    or conversions.numerator is distinct from cohorts.advanced
