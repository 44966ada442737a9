-- Who is at risk is who was, less those who converted and those who were censored; no curve falls; and at the horizon
-- each is the survival rate of the conversion mart, known there and only there.
with curves as (

    select
        *,
        lag(at_risk_count - event_count - censored_count) over (
            partition by period_type, period_start_date, segment_type, segment_value, from_stage, to_stage
            order by day_number
        ) as left_over,
        lag(converted_rate) over (
            partition by period_type, period_start_date, segment_type, segment_value, from_stage, to_stage
            order by day_number
        ) as converted_before
    from {{ ref('mart_funnel_survival') }}

),

ends as (

    select * from curves where period_type = 'month' and segment_type = 'all' and day_number = horizon_days

),

rates as (

    select * from {{ ref('mart_funnel_conversion') }}
    where
        period_type = 'month'
        and segment_type = 'all'
        and count_mode = 'cycle'
        and rate_kind = 'survival'
        and conversion_rate is not null

)

select
    'a day does not follow from the one before' as fault,
    from_stage,
    to_stage,
    period_start_date
from curves
where
    (day_number = 0 and (left_over is not null or at_risk_count != entrants or converted_rate != 0))
    or (day_number > 0 and (left_over is null or at_risk_count != left_over))
    or converted_rate < converted_before - 0.000000001  -- the last digit of a sum depends on its order
    or converted_rate < converted_rate_low
    or converted_rate > converted_rate_high
    or converted_rate < 0
    or converted_rate > 1

union all

select
    'the conversion mart differs' as fault,
    coalesce(ends.from_stage, rates.from_stage) as from_stage,
    coalesce(ends.to_stage, rates.to_stage) as to_stage,
    coalesce(ends.period_start_date, rates.period_start_date) as period_start_date
from ends
full outer join rates
    on
        ends.from_stage = rates.from_stage
        and ends.to_stage = rates.to_stage
        and ends.period_start_date = rates.period_start_date
where
    ends.from_stage is null
    or rates.from_stage is null
    or abs(ends.converted_rate - rates.conversion_rate) > 0.000000001
    or abs(coalesce(ends.converted_rate_low, 2) - coalesce(rates.conversion_rate_low, 2)) > 0.000000001
    or abs(coalesce(ends.converted_rate_high, 2) - coalesce(rates.conversion_rate_high, 2)) > 0.000000001
