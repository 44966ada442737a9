with

calendars as (

    select * from {{ ref('business_calendars') }}

),

-- the seed's test holds a calendar to one zone: an office that moves to another is a calendar of its own
final as (

    select
        calendar_id,
        min(time_zone) as time_zone
    from calendars
    group by 1

)

select * from final
