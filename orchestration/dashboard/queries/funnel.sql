-- Of the leads of the last twelve complete months, how many came that far within the horizon of each stage?
with last_month as (
    select coalesce(max(month_start_date) filter (where is_month_complete), max(month_start_date)) as month_start_date
    from marts.mart_working_day_pace
    where metric = 'lead' and segment_type = 'all' and elapsed_working_days > 0
),

cohorts as (
    select conversion.*
    from marts.mart_funnel_conversion as conversion
    cross join last_month
    where
        conversion.rate_kind = 'matured' and conversion.period_type = 'month' and conversion.segment_type = 'all'
        and conversion.count_mode = 'first' and conversion.order_mode = 'ordered'
        and conversion.period_start_date > last_month.month_start_date - interval 12 month
        and conversion.period_start_date <= last_month.month_start_date
),

reached as (
    select
        to_stage as stage,
        max(horizon_days) as horizon_days,
        sum(entrants) as leads,
        sum(denominator) as followed,
        sum(numerator) as reached
    from cohorts
    where from_stage = 'lead'
    group by to_stage
),

steps as (
    select
        from_stage,
        to_stage,
        sum(numerator) as advanced,
        sum(denominator) as entered
    from cohorts
    where
        (from_stage = 'lead' and to_stage = 'mql')
        or (from_stage = 'mql' and to_stage = 'sal')
        or (from_stage = 'sal' and to_stage = 'sql')
        or (from_stage = 'sql' and to_stage = 'opportunity')
        or (from_stage = 'opportunity' and to_stage = 'customer')
    group by from_stage, to_stage
)

select
    reached.stage,
    reached.horizon_days,
    reached.leads,
    reached.followed,
    reached.reached,
    reached.reached / nullif(reached.followed, 0) as rate,
    steps.from_stage,
    steps.entered,
    steps.advanced,
    steps.advanced / nullif(steps.entered, 0) as step_rate
from reached
inner join core.dim_stages as stages on reached.stage = stages.stage
left join steps on reached.stage = steps.to_stage
order by stages.ordinal
