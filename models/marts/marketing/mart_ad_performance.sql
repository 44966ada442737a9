with

costs as (

    select * from {{ ref('fct_costs') }}
    where cost_type = 'media' or clicks is not null or impressions is not null

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

-- each figure over the costs that record it; more clicks than impressions are no share of them
days as (

    select
        case when costs.channel = 'unassigned' then coalesce(campaigns.channel, 'unassigned') else costs.channel end
            as channel,
        coalesce(campaigns.counted_campaign_key, 'unassigned') as campaign,
        costs.clicks,
        costs.impressions,
        case when costs.clicks is not null then costs.cost_amount end as click_cost,
        case when costs.impressions is not null then costs.cost_amount end as impression_cost,
        case when costs.clicks <= costs.impressions then costs.clicks end as rated_clicks,
        case when costs.clicks <= costs.impressions then costs.impressions end as rated_impressions,
        costs.cost_amount,
        costs.cost_date as day_start,
        cast(date_trunc('month', costs.cost_date) as date) as month_start
    from costs
    left join campaigns on costs.campaign_key = campaigns.campaign_key

),

summed as (

    {% for period_type in ['month', 'day'] %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start,
        {{ segment_type(['channel', 'campaign']) }} as segment_type,
        {{ segment_value(['channel', 'campaign']) }} as segment_value,
        sum(cost_amount) as cost_amount,
        sum(click_cost) as click_cost,
        sum(impression_cost) as impression_cost,
        sum(clicks) as clicks,
        sum(impressions) as impressions,
        sum(rated_clicks) as rated_clicks,
        sum(rated_impressions) as rated_impressions
    from days
    group by {{ segment_grouping_sets([period_type ~ '_start'], ['channel', 'campaign']) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        case
            when clicks is null and impressions is null then 'clicks_and_impressions_not_recorded'
            when clicks is null then 'clicks_not_recorded'
            when impressions is null then 'impressions_not_recorded'
            when impressions = 0 then 'no_impressions'
            when clicks = 0 then 'no_clicks'
            when rated_impressions is null then 'clicks_over_impressions'
        end as unknown_reason,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        cast(clicks as bigint) as clicks,
        cast(impressions as bigint) as impressions,
        cast(click_cost as decimal(18, 2)) as click_cost_amount,
        cast(impression_cost as decimal(18, 2)) as impression_cost_amount,
        cast(rated_clicks as bigint) as rated_clicks,
        cast(rated_impressions as bigint) as rated_impressions,
        {{ rate_with_interval('rated_clicks', 'rated_impressions', 'click_through_rate') }},
        cast(click_cost as double) / nullif(clicks, 0) as cost_per_click,
        1000 * cast(impression_cost as double) / nullif(impressions, 0) as cost_per_thousand_impressions,
        period_start as period_start_date
    from summed

)

select * from final
