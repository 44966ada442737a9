with

entries as (

    select * from {{ ref('fct_stage_entries') }} where not is_inferred

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

owners as (

    select * from {{ ref('int_person_owners') }}

),

working_days as (

    select * from {{ ref('int_working_days') }}

),

working_hours as (

    select * from {{ ref('int_working_hours') }}

),

policies as (

    select * from {{ ref('sla_policies') }}

),

-- a system that records no contact at all cannot tell who was contacted
recording_systems as (

    select * from {{ ref('dim_recording') }} where subject = 'contacts' and is_recorded

),

started as (

    select
        {{ surrogate_key(['entries.cycle_key', 'policies.policy_key']) }} as clock_key,
        entries.*,
        stints.stint_number,
        policies.policy_key,
        policies.stops_on,
        policies.limit_value,
        policies.limit_unit,
        policies.lookback_days,
        recording_systems.source_system is not null as is_contact_known,
        owners.rep_key as start_owner_rep_key,
        coalesce(owners.left_on < {{ reporting_date('entries.observed_at') }}, false) as is_start_owner_gone,
        owners.calendar_id,
        owners.time_zone
    from entries
    inner join stints on entries.observed_stint_key = stints.stint_key
    inner join policies
        on
            entries.stage = policies.start_stage
            and {{ in_force('policies', reporting_date('entries.observed_at')) }}
    inner join owners
        on
            entries.person_key = owners.person_key
            and {{ in_force('owners', 'entries.observed_at') }}
    left join recording_systems on entries.source_system = recording_systems.source_system
    where policies.stops_on != 'contact' or recording_systems.source_system is not null

),

limits as (

    select
        started.*,
        cast(
            case
                when started.limit_unit = 'business_days' then started.limit_value * start_days.regular_day_seconds
                else started.limit_value * 60
            end as bigint
        ) as limit_seconds,
        {{ working_microseconds_at('started.observed_at', 'start_days') }} as start_microseconds
    from started
    left join working_days as start_days
        on
            started.calendar_id = start_days.calendar_id
            and {{ local_day('started.observed_at', 'started.time_zone') }} = start_days.date_day

),

-- the promise is made at the start, by the calendar of the owner then: a new owner does not move the deadline
final as (

    select
        limits.clock_key,
        limits.cycle_key,
        limits.person_key,
        limits.policy_key,
        limits.start_owner_rep_key,
        limits.cycle_number,
        limits.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        limits.{{ segment }},
        {%- endfor %}
        limits.calendar_id,
        limits.time_zone,
        limits.stage as start_stage,
        limits.stint_number,
        limits.stops_on,
        cast(limits.limit_seconds as double) / 60 as limit_minutes,
        limits.lookback_days,
        limits.is_contact_known,
        limits.is_start_owner_gone,
        coalesce(limits.moment_precision = 'day', false) as is_start_on_day,
        limits.is_first_observed as is_first_entry,
        limits.entered_date as started_date,
        limits.observed_at as started_at,
        {{ working_moment('(limits.start_microseconds + limits.limit_seconds * 1000000)', 'due_days') }} as deadline_at
    from limits
    left join working_hours as due_days
        on
            limits.calendar_id = due_days.calendar_id
            and {{ working_hour_of('(limits.start_microseconds + limits.limit_seconds * 1000000)') }}
            = due_days.working_hour
            and {{ is_day_of_target('(limits.start_microseconds + limits.limit_seconds * 1000000)', 'due_days') }}

)

select * from final
