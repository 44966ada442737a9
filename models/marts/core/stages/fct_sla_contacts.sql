-- One join of the contacts (about a tenth of the activities) to the cycles of their person, then one row per clock.
with

deadlines as (

    select * from {{ ref('fct_sla_deadlines') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

contacts as (

    select
        *,
        case when moment_precision = 'day' then occurred_at + interval '1 day' else occurred_at end as over_at
    from {{ ref('fct_contacts') }}

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

-- a contact on a day is one before the start only where the whole day lies before it
contacted as (

    select
        deadlines.clock_key,
        deadlines.person_key,
        max(contacts.occurred_at) filter (where contacts.over_at < deadlines.started_at) as last_before_at,
        min(contacts.occurred_at) filter (where contacts.over_at >= deadlines.started_at) as first_after_at
    from deadlines
    inner join cycles on deadlines.cycle_key = cycles.cycle_key
    inner join contacts
        on
            deadlines.person_key = contacts.person_key
            and cycles.begins_at <= contacts.occurred_at
            and cycles.ends_at > contacts.occurred_at
            and deadlines.started_at - deadlines.lookback_days * interval '1 day' <= contacts.occurred_at
    group by 1, 2

),

-- of several reps at one moment, one is named
contact_reps as (

    select
        contacted.clock_key,
        min(contacts.rep_key) as rep_key,
        bool_or(contacts.moment_precision = 'day') as is_on_day
    from contacted
    inner join contacts
        on
            contacted.person_key = contacts.person_key
            and coalesce(contacted.last_before_at, contacted.first_after_at) = contacts.occurred_at
    group by 1

),

final as (

    select
        deadlines.clock_key,
        contact_reps.rep_key as contact_rep_key,
        coalesce(contact_reps.is_on_day, false) as is_contact_on_day,
        contacted.last_before_at is not null as is_contacted_before_start,
        coalesce(contacted.last_before_at, contacted.first_after_at) as contacted_at,
        -- whoever comes back is followed by the clock of the new cycle
        least(as_of.as_of, cycles.ends_at) as followed_until_at
    from deadlines
    cross join as_of
    inner join cycles on deadlines.cycle_key = cycles.cycle_key
    left join contacted on deadlines.clock_key = contacted.clock_key
    left join contact_reps on deadlines.clock_key = contact_reps.clock_key

)

select * from final
