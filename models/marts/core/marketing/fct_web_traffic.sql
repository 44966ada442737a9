with

traffic as (

    select * from {{ ref('int_web_traffic_versioned') }} where _outcome = 'staged'

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

final as (

    select
        {{ surrogate_key([
            'traffic.source_system',
            'cast(traffic.traffic_date as string)',
            'traffic.channel',
            "coalesce(traffic.campaign_id, '')",
            "coalesce(traffic.landing_page, '')",
        ]) }} as web_traffic_key,
        {{ surrogate_key(['traffic.source_system', 'traffic.campaign_id']) }} as campaign_key,
        traffic.source_system,
        coalesce(rare_channels.folds_into, traffic.channel) as channel,
        traffic.channel as landed_channel,
        traffic.landing_page,
        traffic.visitors,
        traffic.sessions,
        traffic.pageviews,
        traffic.bounces,
        traffic.social_shares,
        traffic.search_position,
        traffic.traffic_date
    from traffic
    cross join as_of
    left join rare_channels on traffic.channel = rare_channels.segment_value
    where traffic.traffic_date <= as_of.as_of_date

)

select * from final
