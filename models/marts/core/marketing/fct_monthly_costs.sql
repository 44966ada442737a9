with

costs as (

    select * from {{ ref('fct_costs') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

rules as (

    select * from {{ ref('cost_allocations') }}

),

monthly as (

    select
        cast(date_trunc('month', costs.cost_date) as date) as month_start_date,
        costs.cost_type,
        campaigns.counted_campaign_key as campaign_key,
        case
            when costs.channel = 'unassigned' then coalesce(campaigns.channel, 'unassigned') else costs.channel
        end as channel,
        coalesce(rules.allocation_rule, 'not_allocated') as allocation_rule,
        sum(costs.cost_amount) as cost_amount
    from costs
    left join campaigns on costs.campaign_key = campaigns.campaign_key
    left join rules
        on
            costs.cost_type = rules.cost_type
            and {{ in_force('rules', 'costs.cost_date') }}
    group by 1, 2, 3, 4, 5

),

-- each cost once per cut: as one of a channel, and as one of a campaign
cut as (

    select
        'channel' as segment_type,
        month_start_date,
        cost_type,
        cast(null as string) as campaign_key,
        channel,
        allocation_rule,
        channel != 'unassigned' as is_direct,
        cost_amount
    from monthly
    union all
    select
        'campaign' as segment_type,
        month_start_date,
        cost_type,
        campaign_key,
        channel,
        allocation_rule,
        campaign_key is not null as is_direct,
        cost_amount
    from monthly

),

final as (

    select
        campaign_key,
        segment_type,
        channel,
        cost_type,
        allocation_rule,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        is_direct,
        month_start_date
    from cut
    group by 1, 2, 3, 4, 5, 7, 8

)

select * from final
