with

mentions as (

    select source_system, campaign_id from {{ ref('int_leads_versioned') }} where _outcome in ('staged', 'superseded')
    union
    select source_system, campaign_id from {{ ref('int_activities') }}
    union
    select source_system, campaign_id from {{ ref('int_costs_versioned') }} where _outcome = 'staged'
    union
    select source_system, campaign_id from {{ ref('int_web_traffic_versioned') }} where _outcome = 'staged'

),

final as (

    select * from mentions where campaign_id is not null

)

select * from final
