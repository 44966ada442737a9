-- Grown from loops; `dbt compile -s mart_traffic` shows the SQL.
{% set counts = [
    'visitors', 'sessions', 'pageviews', 'bounces', 'leads', 'web_leads', 'mature_web_leads', 'converted_web_leads'
] %}

with

days as (

    select
        *,
        date_day as day_start,
        cast(date_trunc('month', date_day) as date) as month_start
    from {{ ref('fct_daily_traffic') }}

),

rates as (

    select * from {{ ref('fct_trailing_rates') }}

),

targets as (

    select * from {{ ref('fct_targets') }}

),

counted as (

    {% for period_type in ['month', 'day'] %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(['channel']) }} as segment_type,
        {{ segment_value(['channel']) }} as segment_value,
        {%- for count in counts %}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {%- endfor %}
        cast(sum(social_shares) as bigint) as social_shares,
        sum(search_position_sum) / nullif(cast(sum(search_position_visitors) as double), 0) as search_position
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
