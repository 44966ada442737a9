with

mentions as (

    select source_system, owner_rep_id as rep_id
    from {{ ref('int_leads_versioned') }}
    where _outcome in ('staged', 'superseded') and {{ is_known('coalesce(updated_at, created_at)') }}
    union
    select source_system, changed_by_rep_id as rep_id from {{ ref('int_status_changes') }} where not is_after_as_of
    union
    select source_system, owner_rep_id as rep_id from {{ ref('int_opportunities') }}
    union
    select source_system, rep_id from {{ ref('int_activities') }} where not is_after_as_of or is_planned
    union
    select source_system, rep_id
    from {{ ref('int_bant_assessments_versioned') }}
    where _outcome = 'staged' and {{ is_known('assessed_at') }}

),

final as (

    select * from mentions where rep_id is not null

)

select * from final
