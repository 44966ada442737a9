with

mentions as (

    select source_system, campaign_id
    from {{ ref('int_leads_versioned') }}
    where _outcome in ('staged', 'superseded') and {{ is_known('coalesce(updated_at, created_at)') }}
    union
    select source_system, campaign_id from {{ ref('int_activities') }} where not is_after_as_of or is_planned
    union
    select source_system, campaign_id
    from {{ ref('int_costs_versioned') }}
    where _outcome = 'staged' and {{ is_known('cost_date') }}
    union
    select source_system, campaign_id
    from {{ ref('int_web_traffic_versioned') }}
    where _outcome = 'staged' and {{ is_known('traffic_date') }}
    union
    select source_system, campaign_id
    from {{ ref('int_stage_counts_versioned') }}
    where _outcome = 'staged' and {{ is_known('count_date') }}

),

rare_campaigns as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'campaign'

),

-- the campaign that rare ones are counted as
final as (

    select * from mentions where campaign_id is not null
    union
    select
        mentions.source_system,
        rare_campaigns.folds_into as campaign_id
    from mentions
    inner join rare_campaigns on mentions.campaign_id = rare_campaigns.segment_value

)

select * from final
