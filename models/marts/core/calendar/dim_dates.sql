with

days as (

    select {{ explode_days('first_date', 'last_date') }} as date_day
    from {{ ref('int_date_range') }}
    where first_date is not null

),

calendar_days as (

    select * from {{ ref('dim_calendar_days') }} where calendar_id = '{{ var("reporting_calendar") }}'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        days.date_day,
        cast(date_trunc('week', days.date_day) as date) as week_start_date,
        cast(date_trunc('month', days.date_day) as date) as month_start_date,
        {{ start_of_period('quarter', 'days.date_day') }} as quarter_start_date,
        {{ start_of_period('year', 'days.date_day') }} as year_start_date,
        cast(year(days.date_day) as int) as year_number,
        cast(month(days.date_day) as int) as month_number,
        {{ iso_weekday('days.date_day') }} as iso_weekday,
        calendar_days.is_working_day,
        days.date_day <= as_of.as_of_date as is_elapsed
    from days
    cross join as_of
    inner join calendar_days on days.date_day = calendar_days.date_day

)

select * from final
