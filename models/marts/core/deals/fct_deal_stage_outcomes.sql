with

transitions as (

    select * from {{ ref('fct_deal_stage_transitions') }}

),

stages as (

    select * from {{ ref('dim_deal_stages') }}

),

stints as (

    select * from {{ ref('fct_deal_stage_stints') }}

),

opportunities as (

    select * from {{ ref('fct_opportunities') }}

),

activities as (

    select * from {{ ref('fct_activities') }} where opportunity_key is not null and not coalesce(is_automated, false)

),

-- a deal advances to the next stage or past it; where no order is declared, to the win
entrants as (

    select
        transitions.*,
        stages.quiet_days,
        transitions.is_mature
        and coalesce(transitions.converted_at < transitions.matures_at, false) as is_advanced
    from transitions
    inner join stages
        on
            transitions.source_system = stages.source_system
            and transitions.pipeline = stages.pipeline
            and transitions.from_stage = stages.stage
            and transitions.to_stage = coalesce(stages.next_stage, 'won')

),

held as (

    select * from entrants where is_mature and not is_advanced

),

-- silence says something only where the source records activities of deals, or the deal's own changes of stage
recording_sources as (

    select distinct source_system from activities

),

last_stints as (

    select
        held.deal_transition_key,
        max_by(stints.stage, stints.stint_number) as stage,
        max_by(stints.evidence, stints.stint_number) as evidence,
        max(stints.entered_at) as stage_entered_at
    from held
    inner join stints on held.opportunity_key = stints.opportunity_key and held.matures_at > stints.entered_at
    group by 1

),

last_activities as (

    select
        held.deal_transition_key,
        max(activities.occurred_at) as last_activity_at
    from held
    inner join activities
        on
            held.opportunity_key = activities.opportunity_key
            and held.entered_at <= activities.occurred_at
            and held.matures_at > activities.occurred_at
    group by 1

),

signs as (

    select
        last_stints.deal_transition_key,
        last_stints.stage,
        last_stints.evidence,
        last_stints.stage_entered_at,
        greatest(
            last_stints.stage_entered_at,
            coalesce(last_activities.last_activity_at, last_stints.stage_entered_at)
        ) as last_sign_at
    from last_stints
    left join last_activities on last_stints.deal_transition_key = last_activities.deal_transition_key

),

final as (

    select
        entrants.deal_transition_key,
        entrants.opportunity_key,
        entrants.person_key,
        entrants.pipeline,
        entrants.from_stage as stage,
        entrants.to_stage as next_stage,
        {%- for segment in segments() %}
        entrants.{{ segment }},
        {%- endfor %}
        case
            when not entrants.is_mature then null
            when entrants.is_advanced then 'advanced'
            when signs.stage = 'lost' then 'lost'
            when
                (recording_sources.source_system is not null or signs.evidence = 'stage_change')
                and signs.last_sign_at < entrants.matures_at - entrants.quiet_days * interval '1 day'
                then 'stalled'
            else 'open'
        end as outcome,
        case when signs.stage = 'lost' then coalesce(opportunities.lost_reason, 'unassigned') end as reason,
        entrants.horizon_days,
        entrants.quiet_days,
        entrants.is_mature,
        entrants.entered_date,
        entrants.entered_at,
        entrants.matures_at,
        case
            when entrants.is_advanced then entrants.converted_at
            when signs.stage = 'lost' then signs.stage_entered_at
        end as outcome_at,
        case when signs.stage != 'lost' then signs.last_sign_at end as last_sign_at
    from entrants
    inner join opportunities on entrants.opportunity_key = opportunities.opportunity_key
    left join recording_sources on entrants.source_system = recording_sources.source_system
    left join signs on entrants.deal_transition_key = signs.deal_transition_key

)

select * from final
