with

days as (

    select * from {{ ref('int_working_days') }}

),

date_range as (

    select * from {{ ref('int_date_range') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        {{ surrogate_key(['days.calendar_id', 'cast(days.date_day as string)']) }} as calendar_day_key,
        days.calendar_id,
        days.date_day,
        days.time_zone,
        days.local_opens_at as opens_at,
        days.local_break_starts_at as break_starts_at,
        days.local_break_ends_at as break_ends_at,
        days.local_closes_at as closes_at,
        days.holiday_name,
        days.is_working_day,
        days.date_day <= as_of.as_of_date as is_elapsed
    from days
    cross join as_of
    inner join date_range on days.date_day >= date_range.first_date and days.date_day <= date_range.last_date

)

select * from final
