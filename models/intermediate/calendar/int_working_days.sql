with

days as (

    select * from {{ ref('int_local_days') }}

),

shifts as (

    select * from {{ ref('int_working_shifts') }}

),

hours as (

    select * from {{ ref('business_calendars') }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

-- what a day of the week is worth by the hours in force on it, whatever its own weekday
regular_days as (

    select
        days.calendar_id,
        days.date_day,
        cast(
            floor(
                sum({{ minute_of_day('hours.closes_at') }} - {{ minute_of_day('hours.opens_at') }}) * 60.0
                / count(distinct hours.weekday)
            ) as bigint
        ) as regular_day_seconds
    from days
    inner join hours
        on
            days.calendar_id = hours.calendar_id
            and {{ in_force('hours', 'days.date_day') }}
    group by 1, 2

),

-- two shifts leave one break
worked_days as (

    select
        calendar_id,
        date_day,
        min(local_opens_at) as local_opens_at,
        max(local_closes_at) as local_closes_at,
        case when count(*) > 1 then min(local_closes_at) end as local_break_starts_at,
        case when count(*) > 1 then max(local_opens_at) end as local_break_ends_at,
        min(opens_at) as opens_at,
        max(closes_at) as closes_at,
        case when count(*) > 1 then min(case when shift_number = 1 then closes_at end) end as break_starts_at,
        case
            when count(*) > 1 then greatest(max(opens_at), min(case when shift_number = 1 then closes_at end))
        end as break_ends_at
    from shifts
    group by 1, 2

),

moments as (

    select
        days.calendar_id,
        days.date_day,
        days.time_zone,
        holidays.holiday_name,
        worked_days.local_opens_at,
        worked_days.local_closes_at,
        worked_days.local_break_starts_at,
        worked_days.local_break_ends_at,
        worked_days.date_day is not null as is_working_day,
        coalesce(worked_days.opens_at, {{ zoned_to_utc('days.local_midnight', 'days.time_zone') }}) as opens_at,
        coalesce(worked_days.closes_at, {{ zoned_to_utc('days.local_midnight', 'days.time_zone') }}) as closes_at,
        worked_days.break_starts_at,
        worked_days.break_ends_at
    from days
    left join worked_days
        on days.calendar_id = worked_days.calendar_id and days.date_day = worked_days.date_day
    left join holidays
        on days.calendar_id = holidays.calendar_id and days.date_day = holidays.holiday_date

),

measured as (

    select
        *,
        {{ seconds_between('opens_at', 'closes_at') }}
        - coalesce({{ seconds_between('break_starts_at', 'break_ends_at') }}, 0) as working_seconds
    from moments

),

final as (

    select
        measured.calendar_id,
        measured.date_day,
        measured.time_zone,
        measured.local_opens_at,
        measured.local_closes_at,
        measured.local_break_starts_at,
        measured.local_break_ends_at,
        measured.holiday_name,
        measured.working_seconds,
        cast(
            coalesce(
                sum(measured.working_seconds) over (
                    partition by measured.calendar_id
                    order by measured.date_day
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as bigint
        ) as seconds_before,
        regular_days.regular_day_seconds,
        measured.is_working_day,
        measured.opens_at,
        measured.closes_at,
        measured.break_starts_at,
        measured.break_ends_at
    from measured
    left join regular_days
        on measured.calendar_id = regular_days.calendar_id and measured.date_day = regular_days.date_day

)

select * from final
