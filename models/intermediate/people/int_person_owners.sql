{{ config(materialized='view') }}

with

persons as (

    select * from {{ ref('int_person_versions') }} where valid_from < valid_to

),

reps as (

    select
        *,
        {{ start_of_reporting_day('valid_from') }} as valid_from_at,
        {{ start_of_reporting_day('valid_to') }} as valid_to_at
    from {{ ref('int_rep_validity') }}

),

calendars as (

    select * from {{ ref('int_business_calendars') }}

),

-- who owns nobody's lead works by the reporting calendar, and so does a rep whose calendar is not known
final as (

    select
        persons.person_key,
        {{ surrogate_key(['persons.source_system', 'persons.owner_rep_id']) }} as rep_key,
        coalesce(reps.team, 'unassigned') as team,
        reps.left_on,
        coalesce(calendars.calendar_id, reporting_calendar.calendar_id) as calendar_id,
        coalesce(calendars.time_zone, reporting_calendar.time_zone) as time_zone,
        greatest(persons.valid_from, coalesce(reps.valid_from_at, persons.valid_from)) as valid_from,
        least(persons.valid_to, coalesce(reps.valid_to_at, persons.valid_to)) as valid_to
    from persons
    inner join calendars as reporting_calendar on reporting_calendar.calendar_id = '{{ var("reporting_calendar") }}'
    left join reps
        on
            persons.source_system = reps.source_system
            and persons.owner_rep_id = reps.rep_id
            and persons.valid_from < reps.valid_to_at
            and persons.valid_to > reps.valid_from_at
    left join calendars on reps.calendar_id = calendars.calendar_id

)

select * from final
