with

campaigns as (

    select * from {{ ref('int_campaigns_versioned') }} where _outcome = 'staged'

),

mentions as (

    select * from {{ ref('int_campaign_mentions') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

rare_campaigns as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'campaign'

),

-- a campaign that is mentioned but not declared is a row of its own, so that no fact loses its campaign
known as (

    select
        {{ surrogate_key([
            'coalesce(campaigns.source_system, mentions.source_system)',
            'coalesce(campaigns.campaign_id, mentions.campaign_id)',
        ]) }} as campaign_key,
        coalesce(campaigns.source_system, mentions.source_system) as source_system,
        coalesce(campaigns.campaign_id, mentions.campaign_id) as campaign_id,
        coalesce(campaigns.name, campaigns.campaign_id, mentions.campaign_id) as campaign_name,
        coalesce(campaigns.channel, 'unassigned') as landed_channel,
        coalesce(campaigns.type, 'unassigned') as campaign_type,
        coalesce(campaigns.persona, 'unassigned') as persona,
        campaigns.campaign_id is not null as is_declared,
        campaigns.start_date,
        campaigns.end_date
    from campaigns
    full outer join mentions
        on campaigns.source_system = mentions.source_system and campaigns.campaign_id = mentions.campaign_id

),

final as (

    select
        known.campaign_key,
        {{ surrogate_key([
            'known.source_system', 'coalesce(rare_campaigns.folds_into, known.campaign_id)'
        ]) }} as counted_campaign_key,
        known.source_system,
        known.campaign_id,
        known.campaign_name,
        coalesce(rare_channels.folds_into, known.landed_channel) as channel,
        known.landed_channel,
        known.campaign_type,
        known.persona,
        known.is_declared,
        known.start_date,
        known.end_date
    from known
    left join rare_channels on known.landed_channel = rare_channels.segment_value
    left join rare_campaigns on known.campaign_id = rare_campaigns.segment_value

)

select * from final
