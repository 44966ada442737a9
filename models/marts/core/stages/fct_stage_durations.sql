-- One row per stint and one per transition, as those facts have them; the moments find their working days by equi-joins
-- on calendar and day, so the cost is linear in the rows.
with

stints as (

    select
        *,
        moment_precision = 'day'
        or coalesce(
            lead(moment_precision) over (partition by person_key order by stint_number) = 'day', false
        ) as rests_on_day
    from {{ ref('fct_stage_stints') }}

),

transitions as (

    select * from {{ ref('fct_stage_transitions') }}

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

-- who passes a stage over leaves the watch for it then: how long it would have taken is not known
spans as (

    select
        stints.stint_key as duration_key,
        stints.cycle_key,
        stints.person_key,
        'time_in_stage' as measure,
        stints.stage as from_stage,
        cast(null as string) as to_stage,
        {%- for segment in segments() %}
        stints.{{ segment }},
        {%- endfor %}
        stints.exited_at is not null as is_ended,
        stints.rests_on_day,
        stints.entered_date,
        stints.entered_at,
        coalesce(stints.exited_at, as_of.as_of) as ended_at
    from stints
    cross join as_of

    union all

    select
        transitions.transition_key as duration_key,
        transitions.cycle_key,
        transitions.person_key,
        'time_to_stage' as measure,
        transitions.from_stage,
        transitions.to_stage,
        {%- for segment in segments() %}
        transitions.{{ segment }},
        {%- endfor %}
        transitions.converted_observed_at is not null as is_ended,
        transitions.rests_on_day,
        transitions.entered_date,
        transitions.entered_at,
        greatest(
            transitions.entered_at,
            coalesce(transitions.converted_observed_at, transitions.converted_at, as_of.as_of)
        ) as ended_at
    from transitions
    cross join as_of

),

-- the calendar is that of the owner at entry, as for the clocks of service levels: a new owner does not change it
owned as (

    select
        spans.*,
        owners.calendar_id,
        {{ local_day('spans.entered_at', 'owners.time_zone') }} as local_start_day,
        {{ local_day('spans.ended_at', 'owners.time_zone') }} as local_end_day
    from spans
    inner join owners
        on
            spans.person_key = owners.person_key
            and {{ in_force('owners', 'spans.entered_at') }}

),

final as (

    select
        owned.duration_key,
        owned.cycle_key,
        owned.person_key,
        owned.measure,
        owned.from_stage,
        owned.to_stage,
        {%- for segment in segments() %}
        owned.{{ segment }},
        {%- endfor %}
        owned.calendar_id,
        cast({{ microseconds_between('owned.entered_at', 'owned.ended_at') }} as double) / 86400000000 as elapsed_days,
        {{ working_minutes_between('owned.entered_at', 'start_days', 'owned.ended_at', 'end_days') }} / 60
            as working_hours,
        owned.is_ended,
        owned.rests_on_day,
        owned.entered_date,
        owned.entered_at,
        owned.ended_at
    from owned
    left join working_days as start_days
        on owned.calendar_id = start_days.calendar_id and owned.local_start_day = start_days.date_day
    left join working_days as end_days
        on owned.calendar_id = end_days.calendar_id and owned.local_end_day = end_days.date_day

)

select * from final
