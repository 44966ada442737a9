-- What changes on a day, never who is there on it: a stint is in stock between two changes, and is older than a limit
-- from the day on which it passes it. So the cost is a handful of passes over the stints, whatever the number of days.
with

stints as (

    select
        *,
        {{ reporting_date('exited_at') }} as exited_date
    from {{ ref('fct_stage_stints') }}

),

stage_horizons as (

    select * from {{ ref('dim_stage_horizons') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

moves as (

    select
        stints.stage,
        stints.channel,
        stints.entered_date,
        stints.exited_date,
        stage_horizons.horizon_days,
        {{ dbt.datediff("date '2000-01-01'", 'stints.entered_date', 'day') }} as entered_day_number,
        {{ dbt.datediff('stints.entered_date', "coalesce(stints.exited_date, date '9999-12-31')", 'day') }}
            as days_in_stage
    from stints
    inner join stage_horizons on stints.stage = stage_horizons.stage

),

-- no limit of its own: that of the stage
age_limits as (

    select
        'over_7' as measure,
        7 as limit_days
    union all
    select
        'over_30' as measure,
        30 as limit_days
    union all
    select
        'over_90' as measure,
        90 as limit_days
    union all
    select
        'over_horizon' as measure,
        cast(null as int) as limit_days

),

aged as (

    select
        moves.stage,
        moves.channel,
        moves.entered_date,
        moves.exited_date,
        age_limits.measure,
        coalesce(age_limits.limit_days, moves.horizon_days) as limit_days
    from moves
    cross join age_limits
    where moves.days_in_stage > coalesce(age_limits.limit_days, moves.horizon_days)

),

changes as (

    select
        entered_date as date_day,
        stage,
        channel,
        'inflow' as measure,
        count(*) as change
    from moves
    group by 1, 2, 3

    union all

    select
        exited_date as date_day,
        stage,
        channel,
        'outflow' as measure,
        count(*) as change
    from moves
    where exited_date is not null
    group by 1, 2, 3

    union all

    select
        entered_date as date_day,
        stage,
        channel,
        'day_numbers' as measure,
        sum(entered_day_number) as change
    from moves
    group by 1, 2, 3

    union all

    select
        exited_date as date_day,
        stage,
        channel,
        'day_numbers' as measure,
        -sum(entered_day_number) as change
    from moves
    where exited_date is not null
    group by 1, 2, 3

    union all

    select
        cast(entered_date + (limit_days + 1) * interval '1 day' as date) as date_day,
        stage,
        channel,
        measure,
        count(*) as change
    from aged
    group by 1, 2, 3, 4

    union all

    select
        exited_date as date_day,
        stage,
        channel,
        measure,
        -count(*) as change
    from aged
    where exited_date is not null
    group by 1, 2, 3, 4

),

final as (

    select
        changes.stage,
        changes.channel,
        cast(sum(case when changes.measure = 'inflow' then changes.change else 0 end) as bigint) as inflow_count,
        cast(sum(case when changes.measure = 'outflow' then changes.change else 0 end) as bigint) as outflow_count,
        cast(sum(case when changes.measure = 'day_numbers' then changes.change else 0 end) as bigint)
            as day_numbers_change,
        cast(sum(case when changes.measure = 'over_7' then changes.change else 0 end) as bigint) as over_7_change,
        cast(sum(case when changes.measure = 'over_30' then changes.change else 0 end) as bigint) as over_30_change,
        cast(sum(case when changes.measure = 'over_90' then changes.change else 0 end) as bigint) as over_90_change,
        cast(sum(case when changes.measure = 'over_horizon' then changes.change else 0 end) as bigint)
            as over_horizon_change,
        changes.date_day
    from changes
    cross join as_of
    where changes.date_day <= as_of.as_of_date
    group by 1, 2, 10

)

select * from final
