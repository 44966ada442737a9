with

reps as (

    select * from {{ ref('dim_reps') }}

),

rep_versions as (

    select * from {{ ref('int_rep_validity') }}

),

declarations as (

    select
        source_system,
        rep_id,
        min(valid_from) as employed_from
    from {{ ref('int_reps_versioned') }}
    where _outcome = 'staged'
    group by 1, 2

),

calendar_days as (

    select * from {{ ref('dim_calendar_days') }} where is_elapsed

),

known_calendars as (

    select distinct calendar_id from calendar_days

),

employed as (

    select
        rep_versions.rep_key,
        rep_versions.role,
        rep_versions.team,
        coalesce(known_calendars.calendar_id, '{{ var("reporting_calendar") }}') as calendar_id,
        greatest(rep_versions.valid_from, declarations.employed_from) as first_date,
        least(
            cast(rep_versions.valid_to - interval '1 day' as date), coalesce(reps.left_date, date '9999-12-31')
        ) as last_date
    from rep_versions
    inner join reps on rep_versions.rep_key = reps.rep_key
    inner join declarations
        on rep_versions.source_system = declarations.source_system and rep_versions.rep_id = declarations.rep_id
    left join known_calendars on rep_versions.calendar_id = known_calendars.calendar_id

),

-- role and team of a month are those of its last day in employment
final as (

    select
        employed.rep_key,
        max_by(employed.role, calendar_days.date_day) as role,
        max_by(employed.team, calendar_days.date_day) as team,
        count(*) filter (where calendar_days.is_working_day) as present_working_days,
        cast(date_trunc('month', calendar_days.date_day) as date) as month_start_date
    from employed
    inner join calendar_days
        on
            employed.calendar_id = calendar_days.calendar_id
            and calendar_days.date_day between employed.first_date and employed.last_date
    group by 1, 5

)

select * from final
