{{ config(materialized='view') }}

with

records as (

    select * from {{ ref('int_person_records') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

rare_campaigns as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'campaign'

),

final as (

    select
        records.person_key,
        records.lead_key,
        coalesce(rare_channels.folds_into, records.channel) as channel,
        coalesce(rare_campaigns.folds_into, records.campaign_id) as campaign_id,
        records.origin_owner,
        records.version_number,
        records.valid_from
    from records
    left join rare_channels on records.channel = rare_channels.segment_value
    left join rare_campaigns on records.campaign_id = rare_campaigns.segment_value

)

select * from final
