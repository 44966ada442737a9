-- Two shifts leave one break. Shifts that overlap would count the same time twice.
with shifts as (

    select * from {{ ref('business_calendars') }}

),

-- those that hold together with a shift when it comes into force
together as (

    select
        shifts.calendar_id,
        shifts.weekday,
        shifts.opens_at,
        shifts.closes_at,
        shifts.valid_from,
        count(*) as other_shifts,
        sum(case when others.opens_at < shifts.closes_at and shifts.opens_at < others.closes_at then 1 else 0 end)
            as overlapping_shifts
    from shifts
    inner join shifts as others
        on
            shifts.calendar_id = others.calendar_id
            and shifts.weekday = others.weekday
            and shifts.opens_at != others.opens_at
            and {{ in_force('others', 'shifts.valid_from') }}
    group by 1, 2, 3, 4, 5

),

wrong as (

    select * from together where other_shifts > 1 or overlapping_shifts > 0

)

select count(*) as bad_rows
from wrong
having {{ stop_where(
    'count(*) > 0',
    "'business_calendars: shifts of a day overlap, or are more than two: ' || min("
    ~ to_json_text(row_struct('wrong')) ~ ")"
) }}
