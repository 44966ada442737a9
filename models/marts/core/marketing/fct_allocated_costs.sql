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

leads_generated as (

    select * from {{ ref('fct_leads_generated') }}

),

monthly as (

    select
        cast(date_trunc('month', costs.cost_date) as date) as month_start,
        costs.cost_type,
        costs.campaign_key,
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
        month_start,
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
        month_start,
        cost_type,
        campaign_key,
        channel,
        allocation_rule,
        campaign_key is not null as is_direct,
        cost_amount
    from monthly

),

leads as (

    select
        cast(date_trunc('month', created_date) as date) as month_start,
        case
            when campaign != 'unassigned' then {{ surrogate_key(['source_system', 'campaign']) }}
        end as campaign_key,
        channel,
        count(*) as lead_count
    from leads_generated
    group by 1, 2, 3

),

sizes as (

    select
        segment_type,
        month_start,
        campaign_key,
        channel,
        cast(cost_amount as double) as spend,
        0 as lead_count
    from cut
    where is_direct
    union all
    select
        'channel' as segment_type,
        month_start,
        cast(null as string) as campaign_key,
        channel,
        0.0 as spend,
        lead_count
    from leads
    where channel != 'unassigned'
    union all
    select
        'campaign' as segment_type,
        month_start,
        campaign_key,
        channel,
        0.0 as spend,
        lead_count
    from leads
    where campaign_key is not null

),

sized as (

    select
        segment_type,
        month_start,
        campaign_key,
        channel,
        sum(spend) as spend,
        sum(lead_count) as lead_count
    from sizes
    group by 1, 2, 3, 4

),

receivers as (

    select
        segment_type,
        month_start,
        campaign_key,
        channel,
        'spend_share' as allocation_rule,
        spend as size
    from sized
    where spend > 0
    union all
    select
        segment_type,
        month_start,
        campaign_key,
        channel,
        'lead_share' as allocation_rule,
        cast(lead_count as double) as size
    from sized
    where lead_count > 0

),

pools as (

    select
        segment_type,
        month_start,
        cost_type,
        channel,
        allocation_rule,
        sum(cost_amount) as cost_amount
    from cut
    where not is_direct
    group by 1, 2, 3, 4, 5

),

-- a cost that names its channel and no campaign is shared among the campaigns of that channel alone
shared as (

    select
        pools.segment_type,
        pools.month_start,
        pools.cost_type,
        pools.channel as pool_channel,
        pools.cost_amount,
        receivers.campaign_key,
        coalesce(receivers.channel, pools.channel) as channel,
        coalesce(receivers.allocation_rule, 'not_allocated') as allocation,
        sum(receivers.size) over up_to_here / sum(receivers.size) over whole as share_up_to_here,
        row_number() over up_to_here as receiver_number,
        count(*) over whole as receiver_count
    from pools
    left join receivers
        on
            pools.segment_type = receivers.segment_type
            and pools.month_start = receivers.month_start
            and pools.allocation_rule = receivers.allocation_rule
            and (pools.channel = receivers.channel or pools.channel = 'unassigned')
    window
        whole as (
            partition by
                pools.segment_type, pools.month_start, pools.cost_type, pools.channel, pools.allocation_rule
        ),
        up_to_here as (
            partition by
                pools.segment_type, pools.month_start, pools.cost_type, pools.channel, pools.allocation_rule
            order by receivers.channel nulls last, receivers.campaign_key nulls last
            rows between unbounded preceding and current row
        )

),

-- each receiver gets what brings the rounded running total up to its share, so that the cents add up
running as (

    select
        *,
        case
            when receiver_number = receiver_count then cost_amount
            else cast(cast(cost_amount as double) * share_up_to_here as decimal(18, 2))
        end as amount_up_to_here
    from shared

),

allocated as (

    select
        segment_type,
        month_start,
        cost_type,
        campaign_key,
        channel,
        allocation,
        amount_up_to_here - coalesce(
            lag(amount_up_to_here) over (
                partition by segment_type, month_start, cost_type, pool_channel, allocation
                order by receiver_number
            ),
            0
        ) as cost_amount
    from running
    union all
    select
        segment_type,
        month_start,
        cost_type,
        campaign_key,
        channel,
        'direct' as allocation,
        cost_amount
    from cut
    where is_direct

),

final as (

    select
        campaign_key,
        segment_type,
        channel,
        cost_type,
        allocation,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        month_start as month_start_date
    from allocated
    group by 1, 2, 3, 4, 5, 7

)

select * from final
