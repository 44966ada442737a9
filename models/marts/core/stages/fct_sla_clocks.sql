-- One join of the activities by people (about a tenth of them) to the cycles of their person, then one row per clock: a
-- moment finds its working day and its deadline by equi-joins, so the cost is linear in activities and clocks.
with

entries as (

    select * from {{ ref('fct_stage_entries') }} where not is_inferred

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

contacts as (

    select * from {{ ref('fct_activities') }} where is_human_outbound and person_key is not null

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

stop_stages as (

    select * from {{ ref('sla_stop_stages') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

cycle_starts as (

    select
        cycle_key,
        person_key,
        cycle_number,
        min(entered_at) as started_at
    from stints
    group by 1, 2, 3

),

-- what happens after a cycle belongs to it until the next one begins, what happens before the first one to the first
cycles as (

    select
        cycle_key,
        case when cycle_number = 1 then timestamp '1900-01-01 00:00:00' else started_at end as begins_at,
        coalesce(
            lead(started_at) over (partition by person_key order by cycle_number), timestamp '9999-12-31 00:00:00'
        ) as ends_at
    from cycle_starts

),

-- a system that records no contact at all cannot tell who was contacted
recording_systems as (

    select distinct source_system from contacts

),

owned as (

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
        owners.rep_key,
        owners.calendar_id,
        owners.time_zone,
        {{ local_day('entries.observed_at', 'owners.time_zone') }} as local_start_day
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
        owned.*,
        cast(
            case
                when owned.limit_unit = 'business_days' then owned.limit_value * start_days.regular_day_seconds
                else owned.limit_value * 60
            end as bigint
        ) as limit_seconds,
        {{ working_microseconds_at('owned.observed_at', 'start_days') }} as start_microseconds
    from owned
    left join working_days as start_days
        on owned.calendar_id = start_days.calendar_id and owned.local_start_day = start_days.date_day

),

-- the promise is made at the start, by the calendar of the owner then: a new owner does not move the deadline
deadlines as (

    select
        limits.*,
        {{ working_moment('(limits.start_microseconds + limits.limit_seconds * 1000000)', 'due_days') }} as deadline_at
    from limits
    left join working_hours as due_days
        on
            limits.calendar_id = due_days.calendar_id
            and {{ working_hour_of('(limits.start_microseconds + limits.limit_seconds * 1000000)') }}
            = due_days.working_hour
            and {{ is_day_of_target('(limits.start_microseconds + limits.limit_seconds * 1000000)', 'due_days') }}

),

first_contacts as (

    select
        owned.clock_key,
        max(contacts.occurred_at) filter (where contacts.occurred_at < owned.observed_at) as last_before_at,
        min(contacts.occurred_at) filter (where contacts.occurred_at >= owned.observed_at) as first_after_at
    from owned
    inner join cycles on owned.cycle_key = cycles.cycle_key
    inner join contacts
        on
            owned.person_key = contacts.person_key
            and cycles.begins_at <= contacts.occurred_at
            and cycles.ends_at > contacts.occurred_at
            and owned.observed_at - owned.lookback_days * interval '1 day' <= contacts.occurred_at
    group by 1

),

stage_stops as (

    select
        owned.clock_key,
        min_by(stints.stage, stints.stint_number) as stage,
        min_by(stints.entered_at, stints.stint_number) as entered_at
    from owned
    inner join stints on owned.cycle_key = stints.cycle_key and owned.stint_number < stints.stint_number
    inner join stop_stages on owned.policy_key = stop_stages.policy_key and stints.stage = stop_stages.stage_key
    where owned.stops_on = 'stage'
    group by 1

),

stopped as (

    select
        deadlines.*,
        as_of.as_of,
        coalesce(first_contacts.last_before_at, first_contacts.first_after_at) as contact_at,
        first_contacts.last_before_at is not null as is_contacted_before_start,
        case
            when first_contacts.last_before_at is not null then deadlines.observed_at
            else first_contacts.first_after_at
        end as contact_counts_at,
        case
            when deadlines.stops_on = 'stage' then stage_stops.entered_at
            when first_contacts.last_before_at is not null then deadlines.observed_at
            else first_contacts.first_after_at
        end as stopped_at,
        case
            when deadlines.stops_on = 'stage' then stage_stops.stage
            when first_contacts.clock_key is not null then 'contact'
        end as stopped_by,
        -- whoever comes back is followed by the clock of the new cycle
        least(as_of.as_of, cycles.ends_at) as followed_until
    from deadlines
    cross join as_of
    inner join cycles on deadlines.cycle_key = cycles.cycle_key
    left join first_contacts on deadlines.clock_key = first_contacts.clock_key
    left join stage_stops on deadlines.clock_key = stage_stops.clock_key

),

judged as (

    select
        *,
        case
            when stopped_at > deadline_at then 'breached'
            when stopped_at is not null then 'met'
            when deadline_at < as_of then 'open_breached'
            else 'pending'
        end as status,
        coalesce(stopped_at, followed_until) as measured_until,
        coalesce(contact_counts_at, followed_until) as contact_measured_until
    from stopped

),

-- of several reps at one moment, one is named
contact_reps as (

    select
        judged.clock_key,
        min(contacts.rep_key) as rep_key
    from judged
    inner join contacts on judged.person_key = contacts.person_key and judged.contact_at = contacts.occurred_at
    group by 1

),

final as (

    select
        judged.clock_key,
        judged.cycle_key,
        judged.person_key,
        judged.policy_key,
        judged.rep_key as start_owner_rep_key,
        owners.rep_key as owner_rep_key,
        contact_reps.rep_key as contact_rep_key,
        judged.cycle_number,
        judged.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        judged.{{ segment }},
        {%- endfor %}
        coalesce(owners.team, 'unassigned') as deadline_owner_team,
        judged.calendar_id,
        judged.stage as start_stage,
        judged.stops_on,
        judged.status,
        judged.stopped_by,
        cast(judged.limit_seconds as double) / 60 as limit_minutes,
        {{ working_minutes_between('judged.observed_at', 'start_days', 'judged.measured_until', 'stop_days') }}
            as business_minutes,
        cast({{ microseconds_between('judged.observed_at', 'judged.measured_until') }} as double) / 60000000
            as elapsed_minutes,
        case
            when judged.contact_at is not null
                then cast({{ microseconds_between('judged.observed_at', 'judged.contact_counts_at') }} as double)
                / 60000000
        end as first_contact_minutes,
        case
            when judged.contact_at is not null
                then {{ working_minutes_between(
                    'judged.observed_at', 'start_days', 'judged.contact_counts_at', 'contact_days'
                ) }}
        end as first_contact_business_minutes,
        cast({{ microseconds_between('judged.observed_at', 'judged.contact_measured_until') }} as double) / 60000000
            as contact_followed_minutes,
        {{ working_minutes_between(
            'judged.observed_at', 'start_days', 'judged.contact_measured_until', 'contact_days'
        ) }} as contact_followed_business_minutes,
        case when judged.is_contact_known or judged.contact_at is not null then judged.contact_at is not null end
            as is_contacted,
        judged.is_contacted_before_start,
        coalesce(judged.contact_counts_at <= judged.observed_at + interval '60 minutes', false)
            as is_contacted_within_1h,
        judged.observed_at + interval '60 minutes' <= judged.as_of as is_at_least_1h_old,
        case
            when judged.is_contact_known or judged.contact_at is not null
                then judged.status in ('breached', 'open_breached') and judged.contact_at is null
        end as is_wasted,
        judged.rep_key is distinct from owners.rep_key as is_reassigned,
        judged.is_first_observed as is_first_entry,
        judged.entered_date as started_date,
        judged.observed_at as started_at,
        judged.deadline_at,
        judged.stopped_at,
        judged.contact_at as contacted_at
    from judged
    left join contact_reps on judged.clock_key = contact_reps.clock_key
    left join owners
        on
            judged.person_key = owners.person_key
            and {{ in_force('owners', 'coalesce(judged.deadline_at, judged.as_of)') }}
    left join working_days as start_days
        on judged.calendar_id = start_days.calendar_id and judged.local_start_day = start_days.date_day
    left join working_days as stop_days
        on
            judged.calendar_id = stop_days.calendar_id
            and {{ local_day('judged.measured_until', 'judged.time_zone') }} = stop_days.date_day
    left join working_days as contact_days
        on
            judged.calendar_id = contact_days.calendar_id
            and {{ local_day('judged.contact_measured_until', 'judged.time_zone') }} = contact_days.date_day

)

select * from final
