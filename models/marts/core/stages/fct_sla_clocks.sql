{% set two_days = 2 * 24 * 60 %}

-- A moment finds its working day by an equi-join, so the cost is linear in clocks.
with

deadlines as (

    select * from {{ ref('fct_sla_deadlines') }}

),

contacts as (

    select * from {{ ref('fct_sla_contacts') }}

),

decisions as (

    select * from {{ ref('fct_sla_decisions') }}

),

owners as (

    select * from {{ ref('int_person_owners') }}

),

working_days as (

    select * from {{ ref('int_working_days') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

judged as (

    select
        deadlines.*,
        as_of.as_of,
        contacts.contact_rep_key,
        contacts.contacted_at,
        contacts.is_contacted_before_start,
        case
            when contacts.contacted_at < deadlines.started_at then deadlines.started_at
            else contacts.contacted_at
        end as contact_counts_at,
        case when deadlines.is_start_on_day then 1 else 0 end as start_slack_days,
        case
            when deadlines.stops_on = 'stage' and decisions.moment_precision = 'day' then 1
            when deadlines.stops_on != 'stage' and contacts.is_contact_on_day then 1
            else 0
        end as stop_slack_days,
        coalesce(deadlines.is_start_on_day or contacts.is_contact_on_day, false) as is_contact_timed_by_day,
        decisions.decided_by,
        case when deadlines.stops_on = 'stage' then decisions.decided_at else contact_counts_at end as stopped_at,
        coalesce(stopped_at, contacts.followed_until_at) as measured_until,
        coalesce(contact_counts_at, contacts.followed_until_at) as contact_measured_until
    from deadlines
    cross join as_of
    inner join contacts on deadlines.clock_key = contacts.clock_key
    left join decisions on deadlines.clock_key = decisions.clock_key

),

timed as (

    select
        judged.*,
        owners.rep_key as owner_rep_key,
        coalesce(owners.team, 'unassigned') as deadline_owner_team,
        case
            when judged.stopped_at > judged.deadline_at + judged.start_slack_days * interval '1 day' then 'breached'
            when judged.stopped_at + judged.stop_slack_days * interval '1 day' > judged.deadline_at then 'unknown'
            when judged.stopped_at is not null then 'met'
            when judged.deadline_at < judged.as_of then 'open_breached'
            else 'pending'
        end as status,
        {{ working_minutes_between('judged.started_at', 'start_days', 'judged.measured_until', 'stop_days') }}
            as business_minutes,
        cast({{ microseconds_between('judged.started_at', 'judged.measured_until') }} as double) / 60000000
            as elapsed_minutes,
        cast({{ microseconds_between('judged.started_at', 'judged.contact_measured_until') }} as double) / 60000000
            as contact_followed_minutes,
        {{ working_minutes_between(
            'judged.started_at', 'start_days', 'judged.contact_measured_until', 'contact_days'
        ) }} as contact_followed_business_minutes
    from judged
    left join owners
        on
            judged.person_key = owners.person_key
            and {{ in_force('owners', 'coalesce(judged.deadline_at, judged.as_of)') }}
    {%- for days, moment in {
        'start_days': 'started_at', 'stop_days': 'measured_until', 'contact_days': 'contact_measured_until',
    }.items() %}
    left join working_days as {{ days }}
        on
            judged.calendar_id = {{ days }}.calendar_id
            and {{ local_day('judged.' ~ moment, 'judged.time_zone') }} = {{ days }}.date_day
    {%- endfor %}

),

-- a duration under two days that rests on a day is not known
known as (

    select
        *,
        (start_slack_days = 0 and stop_slack_days = 0) or elapsed_minutes >= {{ two_days }} as is_timed,
        not is_contact_timed_by_day or contact_followed_minutes >= {{ two_days }} as is_contact_timed
    from timed

),

final as (

    select
        clock_key,
        cycle_key,
        person_key,
        policy_key,
        start_owner_rep_key,
        owner_rep_key,
        contact_rep_key,
        cycle_number,
        source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        {{ segment }},
        {%- endfor %}
        deadline_owner_team,
        calendar_id,
        start_stage,
        stops_on,
        status,
        case
            when stops_on = 'stage' then decided_by
            when contacted_at is not null then 'contact'
        end as stopped_by,
        limit_minutes,
        case when is_timed then business_minutes end as business_minutes,
        case when is_timed then elapsed_minutes end as elapsed_minutes,
        case when contacted_at is not null and is_contact_timed then contact_followed_minutes end
            as first_contact_minutes,
        case when contacted_at is not null and is_contact_timed then contact_followed_business_minutes end
            as first_contact_business_minutes,
        case when is_contact_timed then contact_followed_minutes end as contact_followed_minutes,
        case when is_contact_timed then contact_followed_business_minutes end as contact_followed_business_minutes,
        case when is_contact_known or contacted_at is not null then contacted_at is not null end as is_contacted,
        is_contacted_before_start,
        case
            when is_contacted_before_start or not is_contact_timed_by_day
                then coalesce(contact_counts_at <= started_at + interval '60 minutes', false)
            when contact_counts_at <= started_at + interval '60 minutes' + start_slack_days * interval '1 day' then null
            else false
        end as is_contacted_within_1h,
        started_at + interval '60 minutes' <= as_of as is_at_least_1h_old,
        case
            when is_contact_known or contacted_at is not null
                then status in ('breached', 'open_breached') and contacted_at is null
        end as is_wasted,
        start_owner_rep_key is distinct from owner_rep_key as is_reassigned,
        is_start_owner_gone,
        is_first_entry,
        started_date,
        started_at,
        deadline_at,
        stopped_at,
        contacted_at
    from known

)

select * from final
