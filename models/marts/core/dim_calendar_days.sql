with

days as (

    select {{ explode_days('first_date', 'last_date') }} as date_day
    from {{ ref('int_date_range') }}
    where first_date is not null

),

calendars as (

    select * from {{ ref('business_calendars') }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

calendar_ids as (

    select distinct calendar_id from calendars

),

weekdays as (

    select
        calendar_ids.calendar_id,
        days.date_day,
        {{ iso_weekday('days.date_day') }} as iso_weekday
    from calendar_ids
    cross join days

),

final as (

    select
        {{ surrogate_key(['weekdays.calendar_id', 'cast(weekdays.date_day as string)']) }} as calendar_day_key,
        weekdays.calendar_id,
        weekdays.date_day,
        calendars.time_zone,
        case when holidays.holiday_date is null then calendars.opens_at end as opens_at,
        case when holidays.holiday_date is null then calendars.closes_at end as closes_at,
        holidays.holiday_name,
        calendars.weekday is not null and holidays.holiday_date is null as is_working_day,
        weekdays.date_day <= as_of.as_of_date as is_elapsed
    from weekdays
    cross join as_of
    left join calendars
        on
            weekdays.calendar_id = calendars.calendar_id
            and weekdays.iso_weekday = calendars.weekday
            and weekdays.date_day >= calendars.valid_from
            and weekdays.date_day < coalesce(calendars.valid_to, date '9999-12-31')
    left join holidays
        on weekdays.calendar_id = holidays.calendar_id and weekdays.date_day = holidays.holiday_date

)

select * from final
