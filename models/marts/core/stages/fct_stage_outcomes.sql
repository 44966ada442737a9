with

transitions as (

    select * from {{ ref('fct_stage_transitions') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

working_statuses as (

    select * from {{ ref('fct_working_statuses') }}

),

activities as (

    select * from {{ ref('fct_activities') }}

),

stages as (

    select * from {{ ref('dim_stages') }} where not is_side

),

stall_rules as (

    select * from {{ ref('stall_rules') }}

),

-- of the stages that the system records
next_stages as (

    select
        transitions.source_system,
        transitions.from_stage as stage,
        min_by(transitions.to_stage, stages.ordinal) as next_stage
    from transitions
    inner join stages on transitions.to_stage = stages.stage
    group by 1, 2

),

-- a lead that goes to the next stage or past it advances, so the horizon of a stage is the one to its next stage
entrants as (

    select
        transitions.*,
        transitions.is_mature
        and coalesce(transitions.converted_at < transitions.matures_at, false) as is_advanced
    from transitions
    inner join next_stages
        on
            transitions.source_system = next_stages.source_system
            and transitions.from_stage = next_stages.stage
            and transitions.to_stage = next_stages.next_stage

),

held as (

    select * from entrants where is_mature and not is_advanced

),

-- costs one row per entry and stint of its cycle: cycles have few stints
last_stints as (

    select
        held.entry_key,
        max(stints.stint_number) as stint_number
    from held
    inner join stints on held.cycle_key = stints.cycle_key and held.matures_at > stints.entered_at
    group by 1

),

standing as (

    select
        held.entry_key,
        held.person_key,
        stints.stage,
        stints.reason,
        stints.is_side,
        stints.entered_at as stage_entered_at,
        held.entered_at,
        held.matures_at
    from held
    inner join last_stints on held.entry_key = last_stints.entry_key
    inner join stints on held.cycle_key = stints.cycle_key and last_stints.stint_number = stints.stint_number

),

-- The one pass over the activities: they stream past the entries still in the funnel, of which a person has a few, and
-- only the latest moment of each is kept. What a machine sends is no sign of life.
last_activities as (

    select
        standing.entry_key,
        max(activities.occurred_at) as last_activity_at
    from activities
    inner join standing
        on
            activities.person_key = standing.person_key
            and activities.occurred_at >= standing.entered_at
            and activities.occurred_at < standing.matures_at
    where not coalesce(activities.is_automated, false) and not standing.is_side
    group by 1

),

signs as (

    select
        standing.*,
        greatest(
            standing.stage_entered_at, coalesce(last_activities.last_activity_at, standing.stage_entered_at)
        ) as last_sign_at
    from standing
    left join last_activities on standing.entry_key = last_activities.entry_key

),

final as (

    select
        entrants.entry_key,
        entrants.cycle_key,
        entrants.person_key,
        entrants.cycle_number,
        entrants.from_stage as stage,
        entrants.to_stage as next_stage,
        entrants.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        entrants.{{ segment }},
        {%- endfor %}
        case
            when not entrants.is_mature then null
            when entrants.is_advanced then 'advanced'
            when signs.is_side then signs.stage
            when signs.last_sign_at < entrants.matures_at - stall_rules.quiet_days * interval '1 day' then 'stalled'
            else 'open'
        end as outcome,
        case when signs.is_side then coalesce(signs.reason, 'unassigned') end as reason,
        working_statuses.working_status,
        entrants.horizon_days,
        stall_rules.quiet_days,
        entrants.is_first_observed,
        entrants.is_mature,
        entrants.entered_date,
        entrants.entered_at,
        entrants.matures_at,
        case
            when entrants.is_advanced then entrants.converted_at
            when signs.is_side then signs.stage_entered_at
        end as outcome_at,
        case when not signs.is_side then signs.last_sign_at end as last_sign_at
    from entrants
    left join signs on entrants.entry_key = signs.entry_key
    left join working_statuses
        on
            signs.person_key = working_statuses.person_key
            and signs.matures_at > working_statuses.entered_at
            and signs.matures_at <= coalesce(working_statuses.left_at, timestamp '9999-12-31 00:00:00')
    left join stall_rules
        on
            entrants.from_stage = stall_rules.stage
            and {{ in_force('stall_rules', 'entrants.entered_at') }}

)

select * from final
