with

changes as (

    select * from {{ ref('int_opportunity_stage_changes_versioned') }} where _outcome = 'staged'

),

opportunities as (

    select * from {{ ref('int_opportunities_versioned') }} where _outcome = 'staged'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

final as (

    select
        changes.source_system,
        changes.event_id,
        changes.opportunity_id,
        changes.changed_by_rep_id,
        changes.from_stage,
        changes.to_stage,
        coalesce(changes.pipeline, opportunities.pipeline) as pipeline,
        row_number() over (
            partition by changes.source_system, changes.opportunity_id
            order by changes.changed_at, changes.sequence nulls last, changes.event_id
        ) as change_number,
        changes.changed_day,
        changes.changed_at
    from changes
    cross join as_of
    inner join opportunities
        on
            changes.source_system = opportunities.source_system
            and changes.opportunity_id = opportunities.opportunity_id
    where changes.changed_at <= as_of.as_of and not coalesce(changes.changed_at < as_of.begins_at, false)

)

select * from final
