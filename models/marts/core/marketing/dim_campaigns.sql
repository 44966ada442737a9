with

campaigns as (

    select * from {{ ref('int_campaigns_versioned') }} where _outcome = 'staged'

),

mentions as (

    select * from {{ ref('int_campaign_mentions') }}

),

-- a campaign that is mentioned but not declared is a row of its own, so that no fact loses its campaign
final as (

    select
        {{ surrogate_key([
            'coalesce(campaigns.source_system, mentions.source_system)',
            'coalesce(campaigns.campaign_id, mentions.campaign_id)',
        ]) }} as campaign_key,
        coalesce(campaigns.source_system, mentions.source_system) as source_system,
        coalesce(campaigns.campaign_id, mentions.campaign_id) as campaign_id,
        coalesce(campaigns.name, campaigns.campaign_id, mentions.campaign_id) as campaign_name,
        coalesce(campaigns.channel, 'unassigned') as channel,
        coalesce(campaigns.type, 'unassigned') as campaign_type,
        coalesce(campaigns.persona, 'unassigned') as persona,
        campaigns.campaign_id is not null as is_declared,
        campaigns.start_date,
        campaigns.end_date
    from campaigns
    full outer join mentions
        on campaigns.source_system = mentions.source_system and campaigns.campaign_id = mentions.campaign_id

)

select * from final
