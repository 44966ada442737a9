with

days as (

    select * from {{ ref('int_local_days') }}

),

hours as (

    select * from {{ ref('business_calendars') }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

shifts as (

    select
        days.*,
        hours.opens_at as local_opens_at,
        hours.closes_at as local_closes_at
    from days
    inner join hours
        on
            days.calendar_id = hours.calendar_id
            and days.iso_weekday = hours.weekday
            and {{ in_force('hours', 'days.date_day') }}
    left join holidays
        on days.calendar_id = holidays.calendar_id and days.date_day = holidays.holiday_date
    where holidays.holiday_date is null
    union all
    select
        days.*,
        holidays.opens_at as local_opens_at,
        holidays.closes_at as local_closes_at
    from days
    inner join holidays
        on days.calendar_id = holidays.calendar_id and days.date_day = holidays.holiday_date
    where holidays.opens_at is not null

),

on_the_wall as (

    select
        *,
        local_midnight + {{ minute_of_day('local_opens_at') }} * interval '1 minute' as opens_on_the_wall,
        local_midnight + {{ minute_of_day('local_closes_at') }} * interval '1 minute' as closes_on_the_wall
    from shifts

),

-- where a clock change turns the hours of a shift round, nothing of it is worked
moments as (

    select
        *,
        {{ zoned_to_utc('opens_on_the_wall', 'time_zone') }} as opens_at,
        greatest(
            {{ zoned_to_utc('opens_on_the_wall', 'time_zone') }}, {{ zoned_to_utc('closes_on_the_wall', 'time_zone') }}
        ) as closes_at
    from on_the_wall

),

final as (

    select
        calendar_id,
        date_day,
        cast(
            row_number() over (partition by calendar_id, date_day order by opens_at, closes_at) as int
        ) as shift_number,
        local_opens_at,
        local_closes_at,
        opens_at,
        closes_at
    from moments

)

select * from final
