with

mentions as (

    select source_system, owner_rep_id as rep_id
    from {{ ref('int_leads_versioned') }}
    where _outcome in ('staged', 'superseded')
    union
    select source_system, changed_by_rep_id as rep_id from {{ ref('int_status_changes') }}
    union
    select source_system, owner_rep_id as rep_id from {{ ref('int_opportunities') }}
    union
    select source_system, rep_id from {{ ref('int_activities') }}
    union
    select source_system, rep_id from {{ ref('int_bant_assessments_versioned') }} where _outcome = 'staged'

),

final as (

    select * from mentions where rep_id is not null

)

select * from final
