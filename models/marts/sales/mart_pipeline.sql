{%- set keys = ['period_type', 'period_start_date', 'segment_type', 'segment_value'] %}
with

opportunities as (

    select * from {{ ref('fct_opportunity_periods') }}

),

new_customers as (

    select * from {{ ref('fct_new_customers') }}

),

-- a target holds for the very period that it was set for: those of months are not added up to one of a quarter
targets as (

    select
        *,
        {{ period_of('period_start_date', 'period_end_date') }} as period_type
    from {{ ref('fct_targets') }}
    where metric in ('revenue', 'customer')

),

days as (

    select * from {{ ref('dim_date_periods') }}

),

as_of as (

    select max(date_day) as as_of_date from days

),

pipeline as (

    select
        period_type,
        period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) filter (where is_open) as open_opportunities,
        count(*) filter (where is_open and opportunity_amount is null) as open_without_amount,
        count(*) filter (where is_open and probability is null) as open_without_probability,
        count(*) filter (where is_overdue) as overdue_opportunities,
        count(*) filter (where is_open and order_type = 'new') as open_new_opportunities,
        count(*) filter (where is_won) as won_opportunities,
        sum(case when is_open and order_type = 'new' then probability end) as expected_new_wins,
        sum(case when is_open then opportunity_amount else 0 end) as open_amount,
        sum(case when is_open then weighted_amount else 0 end) as weighted_amount,
        sum(case when is_overdue then opportunity_amount else 0 end) as overdue_amount,
        sum(case when is_won then opportunity_amount else 0 end) as won_amount
    from opportunities
    group by {{ segment_grouping_sets(['period_type', 'period_start_date']) }}

),

customers as (

    select
        days.period_type,
        days.period_start_date,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as new_customers
    from new_customers
    inner join days on new_customers.converted_date = days.date_day
    where days.period_type != 'all'
    group by {{ segment_grouping_sets(['days.period_type', 'days.period_start_date']) }}

),

goals as (

    select
        period_type,
        period_start_date,
        segment_type,
        segment_value,
        max(case when metric = 'revenue' then target_value end) as revenue_target,
        max(case when metric = 'customer' then target_value end) as customer_target
    from targets
    where period_type is not null
    group by period_type, period_start_date, segment_type, segment_value

),

scaffold as (

    select period_type, period_start_date, segment_type, segment_value from pipeline
    union
    select period_type, period_start_date, segment_type, segment_value from customers
    union
    select period_type, period_start_date, segment_type, segment_value from goals

),

measured as (

    select
        scaffold.*,
        coalesce(pipeline.open_opportunities, 0) as open_opportunities,
        coalesce(pipeline.open_without_amount, 0) as open_without_amount,
        coalesce(pipeline.open_without_probability, 0) as open_without_probability,
        coalesce(pipeline.overdue_opportunities, 0) as overdue_opportunities,
        coalesce(pipeline.open_new_opportunities, 0) as open_new_opportunities,
        coalesce(pipeline.won_opportunities, 0) as won_opportunities,
        coalesce(pipeline.expected_new_wins, 0.0) as expected_new_wins,
        cast(coalesce(pipeline.open_amount, 0) as decimal(18, 2)) as open_amount,
        cast(coalesce(pipeline.weighted_amount, 0) as decimal(18, 2)) as weighted_amount,
        cast(coalesce(pipeline.overdue_amount, 0) as decimal(18, 2)) as overdue_amount,
        cast(coalesce(pipeline.won_amount, 0) as decimal(18, 2)) as won_amount,
        coalesce(customers.new_customers, 0) as new_customers,
        goals.revenue_target,
        goals.customer_target,
        scaffold.period_start_date <= as_of.as_of_date as is_begun
    from scaffold
    cross join as_of
    left join pipeline on {{ same_keys('scaffold', 'pipeline', keys) }}
    left join customers on {{ same_keys('scaffold', 'customers', keys) }}
    left join goals on {{ same_keys('scaffold', 'goals', keys) }}

),

-- what is still to win; nothing where the target is reached
remaining as (

    select
        *,
        cast(won_amount as double) >= revenue_target as is_revenue_target_met,
        cast(new_customers as double) >= customer_target as is_customer_target_met,
        case when revenue_target > cast(won_amount as double) then revenue_target - cast(won_amount as double) end
            as revenue_to_win,
        case when customer_target > new_customers then customer_target - cast(new_customers as double) end
            as customers_to_win
    from measured

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        open_opportunities,
        open_without_amount,
        open_without_probability,
        overdue_opportunities,
        open_amount,
        weighted_amount,
        overdue_amount,
        won_opportunities,
        won_amount,
        revenue_target as revenue_target_amount,
        revenue_to_win as revenue_to_win_amount,
        cast(open_amount as double) / revenue_to_win as pipeline_coverage,
        cast(weighted_amount as double) / revenue_to_win as weighted_pipeline_coverage,
        cast(won_amount as double) / nullif(revenue_target, 0) as target_attainment,
        cast(won_amount + weighted_amount as double) / nullif(revenue_target, 0) as pipeline_vs_target,
        open_new_opportunities,
        expected_new_wins,
        new_customers,
        customer_target,
        customers_to_win,
        cast(open_new_opportunities as double) / customers_to_win as customer_coverage,
        expected_new_wins / customers_to_win as weighted_customer_coverage,
        is_revenue_target_met,
        is_customer_target_met,
        coalesce(is_begun, false) as is_begun,
        period_start_date
    from remaining

)

select * from final
