{# not greatest(gap, 0), which takes an unknown gap for none #}
{% set shortfall = 'case when gap > 0 then gap when gap <= 0 then 0.0 end' %}

with

stages as (

    select * from {{ ref('fct_plan_stages') }}

),

rates as (

    select * from {{ ref('fct_trailing_rates') }}

),

in_flight as (

    select * from {{ ref('fct_in_flight') }}

),

arrivals as (

    select * from {{ ref('fct_stage_arrivals') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

as_of as (

    select max(date_day) as as_of_date from dates where is_elapsed

),

came as (

    select
        stages.plan_stage_key,
        sum(arrivals.arrivals) as persons
    from stages
    inner join arrivals
        on
            stages.stage = arrivals.stage
            and stages.segment_type = arrivals.segment_type
            and stages.segment_value = arrivals.segment_value
            and stages.needed_from_date <= arrivals.arrival_date
            and stages.needed_by_date >= arrivals.arrival_date
    group by 1

),

coming as (

    select
        stages.plan_stage_key,
        sum(
            least(
                cast(in_flight.open_persons as double),
                in_flight.expected_persons
                * coalesce(
                    case stages.scenario
                        when 'low' then own_rates.conversion_rate_low
                        when 'high' then own_rates.conversion_rate_high
                        else own_rates.conversion_rate
                    end,
                    whole_rates.conversion_rate
                )
                / nullif(whole_rates.conversion_rate, 0)
            )
        ) as persons
    from stages
    inner join in_flight
        on
            stages.stage = in_flight.to_stage
            and stages.segment_type = in_flight.segment_type
            and stages.segment_value = in_flight.segment_value
            and stages.needed_from_date <= in_flight.expected_date
            and stages.needed_by_date >= in_flight.expected_date
    inner join rates as whole_rates
        on
            in_flight.from_stage = whole_rates.from_stage
            and in_flight.to_stage = whole_rates.to_stage
            and whole_rates.segment_type = 'all'
    left join rates as own_rates
        on
            in_flight.from_stage = own_rates.from_stage
            and in_flight.to_stage = own_rates.to_stage
            and in_flight.segment_type = own_rates.segment_type
            and in_flight.segment_value = own_rates.segment_value
    group by 1

),

days_left as (

    select
        stages.plan_stage_key,
        count(*) as working_days
    from stages
    inner join dates
        on
            stages.needed_from_date <= dates.date_day
            and stages.needed_by_date >= dates.date_day
            and dates.is_working_day
            and not dates.is_elapsed
    group by 1

),

gaps as (

    select
        stages.*,
        case when stages.lag_days is not null then coalesce(came.persons, 0) end as arrived,
        case when stages.lag_days is not null then coalesce(coming.persons, 0.0) end as in_flight,
        case
            when stages.lag_days is not null
                then stages.needed - coalesce(came.persons, 0) - coalesce(coming.persons, 0.0)
        end as gap,
        case when stages.lag_days is not null then coalesce(days_left.working_days, 0) end as working_days_left,
        stages.needed_by_date <= as_of.as_of_date as is_past
    from stages
    cross join as_of
    left join came on stages.plan_stage_key = came.plan_stage_key
    left join coming on stages.plan_stage_key = coming.plan_stage_key
    left join days_left on stages.plan_stage_key = days_left.plan_stage_key

),

final as (

    select
        plan_stage_key,
        plan_key,
        goal_source,
        goal_metric,
        segment_type,
        segment_value,
        scenario,
        stage,
        unknown_reason,
        goal_value,
        average_deal_amount,
        next_stage_rate,
        next_stage_numerator,
        next_stage_denominator,
        needed,
        {{ ceil_count('needed') }} as needed_count,
        cast(arrived as bigint) as arrived_count,
        in_flight,
        gap,
        {{ ceil_count(shortfall) }} as gap_count,
        lag_days,
        cast(working_days_left as int) as working_days_left,
        {{ shortfall }} / nullif(working_days_left, 0) as gap_per_working_day,
        {{ is_small_n('next_stage_denominator') }} as is_small_n,
        is_past,
        period_start_date,
        period_end_date,
        needed_from_date,
        needed_by_date
    from gaps

)

select * from final
