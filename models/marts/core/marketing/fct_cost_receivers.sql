with

costs as (

    select * from {{ ref('fct_monthly_costs') }}

),

leads_generated as (

    select * from {{ ref('fct_leads_generated') }}

),

leads as (

    select
        cast(date_trunc('month', created_date) as date) as month_start_date,
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
        month_start_date,
        campaign_key,
        channel,
        cast(cost_amount as double) as spend,
        0 as lead_count
    from costs
    where is_direct
    union all
    select
        'channel' as segment_type,
        month_start_date,
        cast(null as string) as campaign_key,
        channel,
        0.0 as spend,
        lead_count
    from leads
    where channel != 'unassigned'
    union all
    select
        'campaign' as segment_type,
        month_start_date,
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
        month_start_date,
        campaign_key,
        channel,
        sum(spend) as spend,
        sum(lead_count) as lead_count
    from sizes
    group by 1, 2, 3, 4

),

final as (

    select
        campaign_key,
        segment_type,
        channel,
        'spend_share' as allocation_rule,
        spend as size,
        month_start_date
    from sized
    where spend > 0
    union all
    select
        campaign_key,
        segment_type,
        channel,
        'lead_share' as allocation_rule,
        cast(lead_count as double) as size,
        month_start_date
    from sized
    where lead_count > 0

)

select * from final
