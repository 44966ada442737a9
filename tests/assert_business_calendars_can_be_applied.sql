-- Hours past midnight would fall on the wrong day, and a calendar of two zones has no day at all.
with calendars as (

    select
        *,
        min(time_zone) over (partition by calendar_id)
        != max(time_zone) over (partition by calendar_id) as has_two_zones
    from {{ ref('business_calendars') }}

),

hours as (

    select
        calendar_id,
        'weekday ' || cast(weekday as string) as worked_on,
        opens_at,
        closes_at,
        has_two_zones as is_wrong
    from calendars
    union all
    select
        calendar_id,
        cast(holiday_date as string) as worked_on,
        opens_at,
        closes_at,
        (opens_at is null) != (closes_at is null) as is_wrong
    from {{ ref('holidays') }}

),

wrong as (

    select * from hours
    where
        is_wrong
        or not {{ full_match('opens_at', '([01][0-9]|2[0-3]):[0-5][0-9]') }}
        or not {{ full_match('closes_at', '([01][0-9]|2[0-3]):[0-5][0-9]|24:00') }}
        or closes_at <= opens_at

)

select count(*) as bad_rows
from wrong
having {{ stop_where(
    'count(*) > 0',
    "'business_calendars, holidays: hours are not HH:MM within one day, or the calendar has a second time zone: '"
    ~ " || min(" ~ to_json_text(row_struct('wrong')) ~ ")"
) }}
