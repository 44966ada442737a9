with

allocated_costs as (

    select * from {{ ref('fct_allocated_costs') }}

),

leads as (

    select * from {{ ref('fct_leads_generated') }}

),

qualifications as (

    select * from {{ ref('fct_qualifications') }} where stage = 'sql' or is_first_observed

),

new_customers as (

    select * from {{ ref('fct_new_customers') }}

),

results as (

    select
        'leads' as measure,
        source_system,
        channel,
        campaign,
        created_date as result_date
    from leads
    union all
    select
        stage || 's' as measure,
        source_system,
        channel,
        campaign,
        entered_date as result_date
    from qualifications
    union all
    select
        'customers' as measure,
        source_system,
        channel,
        campaign,
        converted_date as result_date
    from new_customers

),

keyed_results as (

    select
        measure,
        channel,
        case
            when campaign = 'unassigned' then 'unassigned' else {{ surrogate_key(['source_system', 'campaign']) }}
        end as campaign,
        cast(date_trunc('month', result_date) as date) as month_start_date
    from results

),

figures as (

    select
        {{ segment_type(['channel', 'campaign']) }} as segment_type,
        {{ segment_value(['channel', 'campaign']) }} as segment_value,
        measure,
        cast(count(*) as decimal(18, 2)) as amount,
        false as is_cost,
        false as is_shared,
        month_start_date
    from keyed_results
    group by {{ segment_grouping_sets(['month_start_date', 'measure'], ['channel', 'campaign']) }}
    union all
    select
        segment_type,
        case
            when segment_type = 'campaign' then coalesce(campaign_key, 'unallocated')
            when channel = 'unassigned' then 'unallocated'
            else channel
        end as segment_value,
        cost_type as measure,
        cost_amount as amount,
        true as is_cost,
        allocation in ('spend_share', 'lead_share') as is_shared,
        month_start_date
    from allocated_costs
    union all
    select
        'all' as segment_type,
        'all' as segment_value,
        cost_type as measure,
        cost_amount as amount,
        true as is_cost,
        false as is_shared,
        month_start_date
    from allocated_costs
    where segment_type = 'channel'

),

cost_months as (

    select
        min(month_start_date) as first_month,
        max(month_start_date) as last_month
    from allocated_costs

),

-- before the first cost and after the last one, nobody knows what was spent
final as (

    select
        figures.segment_type,
        figures.segment_value,
        figures.measure,
        cast(sum(figures.amount) as decimal(18, 2)) as amount,
        figures.is_cost,
        figures.is_shared,
        coalesce(figures.month_start_date between cost_months.first_month and cost_months.last_month, false)
            as is_costed,
        figures.month_start_date
    from figures
    cross join cost_months
    group by all

)

select * from final
