with

-- a year beyond the range, so that what is due after the last day has a day to fall on, and a month before it
days as (

    select
        {{ explode_days(
            "cast(first_date - interval '31 days' as date)", "cast(last_date + interval '366 days' as date)"
        ) }} as date_day
    from {{ ref('int_date_range') }}
    where first_date is not null

),

calendars as (

    select * from {{ ref('int_business_calendars') }}

),

hours as (

    select
        *,
        cast(split_part(opens_at, ':', 1) as int) * 60 + cast(split_part(opens_at, ':', 2) as int) as opens_minute,
        cast(split_part(closes_at, ':', 1) as int) * 60 + cast(split_part(closes_at, ':', 2) as int) as closes_minute
    from {{ ref('business_calendars') }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

weekdays as (

    select
        calendars.calendar_id,
        calendars.time_zone,
        days.date_day,
        cast(days.date_day as timestamp) as local_midnight,
        {{ iso_weekday('days.date_day') }} as iso_weekday
    from calendars
    cross join days

),

-- what a day of the week is worth by the hours in force on it, whatever its own weekday
regular_days as (

    select
        weekdays.calendar_id,
        weekdays.date_day,
        cast(floor(sum(hours.closes_minute - hours.opens_minute) * 60.0 / count(*)) as bigint) as regular_day_seconds
    from weekdays
    inner join hours
        on
            weekdays.calendar_id = hours.calendar_id
            and {{ in_force('hours', 'weekdays.date_day') }}
    group by 1, 2

),

local_hours as (

    select
        weekdays.calendar_id,
        weekdays.time_zone,
        weekdays.date_day,
        holidays.holiday_name,
        hours.weekday is not null and holidays.holiday_date is null as is_working_day,
        case when holidays.holiday_date is null then hours.opens_at end as local_opens_at,
        case when holidays.holiday_date is null then hours.closes_at end as local_closes_at,
        case
            when hours.weekday is not null and holidays.holiday_date is null
                then weekdays.local_midnight + hours.opens_minute * interval '1 minute'
            else weekdays.local_midnight
        end as opens_on_the_wall,
        case
            when hours.weekday is not null and holidays.holiday_date is null
                then weekdays.local_midnight + hours.closes_minute * interval '1 minute'
            else weekdays.local_midnight
        end as closes_on_the_wall
    from weekdays
    left join hours
        on
            weekdays.calendar_id = hours.calendar_id
            and weekdays.iso_weekday = hours.weekday
            and {{ in_force('hours', 'weekdays.date_day') }}
    left join holidays
        on weekdays.calendar_id = holidays.calendar_id and weekdays.date_day = holidays.holiday_date

),

-- where a clock change turns the hours of a day round, nothing of it is worked
moments as (

    select
        *,
        {{ zoned_to_utc('opens_on_the_wall', 'time_zone') }} as opens_at,
        greatest(
            {{ zoned_to_utc('opens_on_the_wall', 'time_zone') }}, {{ zoned_to_utc('closes_on_the_wall', 'time_zone') }}
        ) as closes_at
    from local_hours

),

final as (

    select
        moments.calendar_id,
        moments.date_day,
        moments.time_zone,
        moments.local_opens_at,
        moments.local_closes_at,
        moments.holiday_name,
        {{ seconds_between('moments.opens_at', 'moments.closes_at') }} as working_seconds,
        cast(
            coalesce(
                sum({{ seconds_between('moments.opens_at', 'moments.closes_at') }}) over (
                    partition by moments.calendar_id
                    order by moments.date_day
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as bigint
        ) as seconds_before,
        regular_days.regular_day_seconds,
        moments.is_working_day,
        moments.opens_at,
        moments.closes_at
    from moments
    left join regular_days
        on moments.calendar_id = regular_days.calendar_id and moments.date_day = regular_days.date_day

)

select * from final
