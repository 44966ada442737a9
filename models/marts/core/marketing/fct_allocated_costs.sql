with

costs as (

    select * from {{ ref('fct_monthly_costs') }}

),

receivers as (

    select * from {{ ref('fct_cost_receivers') }}

),

pools as (

    select
        segment_type,
        month_start_date,
        cost_type,
        channel,
        allocation_rule,
        sum(cost_amount) as cost_amount
    from costs
    where not is_direct
    group by 1, 2, 3, 4, 5

),

-- a cost that names its channel and no campaign is shared among the campaigns of that channel alone
shared as (

    select
        pools.segment_type,
        pools.month_start_date,
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
            and pools.month_start_date = receivers.month_start_date
            and pools.allocation_rule = receivers.allocation_rule
            and (pools.channel = receivers.channel or pools.channel = 'unassigned')
    window
        whole as (
            partition by
                pools.segment_type, pools.month_start_date, pools.cost_type, pools.channel, pools.allocation_rule
        ),
        up_to_here as (
            partition by
                pools.segment_type, pools.month_start_date, pools.cost_type, pools.channel, pools.allocation_rule
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
        month_start_date,
        cost_type,
        campaign_key,
        channel,
        allocation,
        amount_up_to_here - coalesce(
            lag(amount_up_to_here) over (
                partition by segment_type, month_start_date, cost_type, pool_channel, allocation
                order by receiver_number
            ),
            0
        ) as cost_amount
    from running
    union all
    select
        segment_type,
        month_start_date,
        cost_type,
        campaign_key,
        channel,
        'direct' as allocation,
        cost_amount
    from costs
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
        month_start_date
    from allocated
    group by 1, 2, 3, 4, 5, 7

)

select * from final
