with

traffic as (

    select * from {{ ref('fct_web_traffic') }}

),

leads as (

    select * from {{ ref('fct_leads_generated') }}

),

outcomes as (

    select * from {{ ref('fct_stage_transitions') }}
    where is_first_observed and is_mature and from_stage = 'lead' and to_stage = 'customer'

),

measured as (

    select
        channel,
        min(traffic_date) as first_date,
        max(traffic_date) as last_date
    from traffic
    group by channel

),

daily_traffic as (

    select
        traffic_date as date_day,
        channel,
        sum(visitors) as visitors,
        sum(sessions) as sessions,
        sum(pageviews) as pageviews,
        sum(bounces) as bounces,
        sum(social_shares) as social_shares,
        sum(search_position * visitors) as position_sum,
        sum(case when search_position is not null then visitors end) as position_visitors
    from traffic
    group by traffic_date, channel

),

-- leads are set against visitors only while those of their channel are measured
daily_leads as (

    select
        leads.created_date as date_day,
        leads.channel,
        count(*) as leads,
        count(measured.channel) as web_leads,
        count(*) filter (where measured.channel is not null and outcomes.person_key is not null) as mature_web_leads,
        count(*) filter (where measured.channel is not null and outcomes.converted_at < outcomes.matures_at)
            as converted_web_leads
    from leads
    left join measured
        on
            leads.channel = measured.channel
            and leads.created_date >= measured.first_date
            and leads.created_date <= measured.last_date
    left join outcomes on leads.person_key = outcomes.person_key
    group by leads.created_date, leads.channel

),

final as (

    select
        coalesce(daily_traffic.channel, daily_leads.channel) as channel,
        cast(coalesce(daily_traffic.visitors, 0) as bigint) as visitors,
        cast(coalesce(daily_traffic.sessions, 0) as bigint) as sessions,
        cast(coalesce(daily_traffic.pageviews, 0) as bigint) as pageviews,
        cast(coalesce(daily_traffic.bounces, 0) as bigint) as bounces,
        cast(daily_traffic.social_shares as bigint) as social_shares,
        daily_traffic.position_sum as search_position_sum,
        cast(daily_traffic.position_visitors as bigint) as search_position_visitors,
        cast(coalesce(daily_leads.leads, 0) as bigint) as leads,
        cast(coalesce(daily_leads.web_leads, 0) as bigint) as web_leads,
        cast(coalesce(daily_leads.mature_web_leads, 0) as bigint) as mature_web_leads,
        cast(coalesce(daily_leads.converted_web_leads, 0) as bigint) as converted_web_leads,
        coalesce(daily_traffic.date_day, daily_leads.date_day) as date_day
    from daily_traffic
    full outer join daily_leads
        on daily_traffic.date_day = daily_leads.date_day and daily_traffic.channel = daily_leads.channel

)

select * from final
