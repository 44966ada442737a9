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

final as (

    select
        calendars.calendar_id,
        days.date_day,
        calendars.time_zone,
        cast(days.date_day as timestamp) as local_midnight,
        {{ iso_weekday('days.date_day') }} as iso_weekday
    from calendars
    cross join days

)

select * from final
