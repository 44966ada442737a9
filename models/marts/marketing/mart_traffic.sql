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

rates as (

    select * from {{ ref('fct_trailing_rates') }}

),

targets as (

    select * from {{ ref('fct_targets') }}

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
        traffic_date as day_start,
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
        leads.created_date as day_start,
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

days as (

    select
        coalesce(daily_traffic.day_start, daily_leads.day_start) as day_start,
        coalesce(daily_traffic.channel, daily_leads.channel) as channel,
        cast(
            date_trunc('month', coalesce(daily_traffic.day_start, daily_leads.day_start)) as date
        ) as month_start,
        daily_traffic.visitors,
        daily_traffic.sessions,
        daily_traffic.pageviews,
        daily_traffic.bounces,
        daily_traffic.social_shares,
        daily_traffic.position_sum,
        daily_traffic.position_visitors,
        daily_leads.leads,
        daily_leads.web_leads,
        daily_leads.mature_web_leads,
        daily_leads.converted_web_leads
    from daily_traffic
    full outer join daily_leads
        on daily_traffic.day_start = daily_leads.day_start and daily_traffic.channel = daily_leads.channel

),

{% set counts = [
    'visitors', 'sessions', 'pageviews', 'bounces', 'leads', 'web_leads', 'mature_web_leads', 'converted_web_leads'
] %}
counted as (

    {% for period_type in ['month', 'day'] %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        {%- for count in counts %}
        cast(coalesce(sum({{ count }}), 0) as bigint) as {{ count }},
        {%- endfor %}
        cast(sum(social_shares) as bigint) as social_shares,
        sum(position_sum) / nullif(cast(sum(position_visitors) as double), 0) as search_position
    from days
    group by {{ segment_grouping_sets([period_type ~ '_start'], ['channel']) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

monthly_targets as (

    select
        'month' as period_type,
        period_start_date as period_start,
        segment_type,
        segment_value,
        max(target_value) as mql_target
    from targets
    where
        metric = 'mql'
        and segment_type in ('all', 'channel')
        and period_start_date = date_trunc('month', period_start_date)
        and period_end_date = last_day(period_start_date)
    group by period_start_date, segment_type, segment_value

),

expected as (

    select
        segment_type,
        segment_value,
        max(case when from_stage = 'visitor' and to_stage = 'lead' then conversion_rate end) as visitor_to_lead,
        max(case when from_stage = 'lead' and to_stage = 'mql' then conversion_rate end) as lead_to_mql
    from rates
    group by segment_type, segment_value

),

scaffold as (

    select
        period_type,
        period_start,
        segment_type,
        segment_value
    from counted
    union
    select
        period_type,
        period_start,
        segment_type,
        segment_value
    from monthly_targets

),

-- more leads than visitors: the traffic is not all there, and there is no rate
compared as (

    select
        scaffold.period_type,
        scaffold.segment_type,
        scaffold.segment_value,
        {%- for count in counts %}
        coalesce(counted.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        counted.social_shares,
        counted.search_position,
        case when counted.web_leads <= counted.visitors then nullif(counted.visitors, 0) end as rated_visitors,
        cast(counted.converted_web_leads as double) / nullif(counted.mature_web_leads, 0) as lead_to_customer_rate,
        monthly_targets.mql_target,
        monthly_targets.mql_target / nullif(expected.visitor_to_lead * expected.lead_to_mql, 0) as traffic_needed,
        scaffold.period_start
    from scaffold
    left join counted
        on
            scaffold.period_type = counted.period_type
            and scaffold.period_start = counted.period_start
            and scaffold.segment_type = counted.segment_type
            and scaffold.segment_value = counted.segment_value
    left join monthly_targets
        on
            scaffold.period_type = monthly_targets.period_type
            and scaffold.period_start = monthly_targets.period_start
            and scaffold.segment_type = monthly_targets.segment_type
            and scaffold.segment_value = monthly_targets.segment_value
    left join expected
        on scaffold.segment_type = expected.segment_type and scaffold.segment_value = expected.segment_value

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        visitors,
        sessions,
        pageviews,
        bounces,
        social_shares,
        search_position,
        cast(pageviews as double) / nullif(sessions, 0) as pages_per_session,
        cast(bounces as double) / nullif(sessions, 0) as bounce_rate,
        leads,
        web_leads,
        web_leads / cast(rated_visitors as double) as visitor_to_lead_rate,
        {{ wilson_low('web_leads', 'rated_visitors') }} as visitor_to_lead_rate_low,
        {{ wilson_high('web_leads', 'rated_visitors') }} as visitor_to_lead_rate_high,
        converted_web_leads,
        mature_web_leads,
        lead_to_customer_rate,
        cast(mature_web_leads as double) / nullif(web_leads, 0) as mature_share,
        web_leads / cast(rated_visitors as double) * lead_to_customer_rate as visitor_to_customer_rate,
        mql_target,
        {{ ceil_count('traffic_needed') }} as traffic_needed,
        {{ is_small_n('visitors') }} as is_small_n,
        period_start as period_start_date
    from compared

)

select * from final
