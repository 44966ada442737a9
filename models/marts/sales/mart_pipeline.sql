-- noqa: disable=LT02
{%- set cut_by = segments() %}
{%- set period_types = ['month', 'quarter', 'year'] %}
with

forecasts as (

    select * from {{ ref('fct_opportunity_forecasts') }} where is_counted

),

new_customers as (

    select * from {{ ref('fct_new_customers') }}

),

targets as (

    select * from {{ ref('fct_targets') }}

),

dates as (

    select * from {{ ref('dim_dates') }} where is_elapsed

),

as_of as (

    select max(date_day) as as_of_date from dates

),

-- an open opportunity belongs to the period in which it is expected to close, even a past one; a won one to that of its
-- win
placed as (

    {% for period_type in period_types %}
    select
        *,
        '{{ period_type }}' as period_type,
        cast(
            date_trunc('{{ period_type }}', case when is_open then expected_close_date else closed_date end) as date
        ) as period_start
    from forecasts
    where (is_open and expected_close_date is not null) or is_won
    union all
    {% endfor %}
    select
        *,
        'unscheduled' as period_type,
        cast(null as date) as period_start
    from forecasts
    where is_open and expected_close_date is null

),

pipeline as (

    select
        period_type,
        period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
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
    from placed
    group by {{ segment_grouping_sets(['period_type', 'period_start'], cut_by) }}

),

won_customers as (

    {% for period_type in period_types %}
    select
        *,
        '{{ period_type }}' as period_type,
        cast(date_trunc('{{ period_type }}', converted_date) as date) as period_start
    from new_customers
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

customers as (

    select
        period_type,
        period_start,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as new_customers
    from won_customers
    group by {{ segment_grouping_sets(['period_type', 'period_start'], cut_by) }}

),

-- a target holds for the very period that it was set for: those of months are not added up to one of a quarter
goals as (

    {% for period_type in period_types %}
    select
        '{{ period_type }}' as period_type,
        period_start_date as period_start,
        segment_type,
        segment_value,
        max(case when metric = 'revenue' then target_value end) as revenue_target,
        max(case when metric = 'customer' then target_value end) as customer_target
    from targets
    where
        metric in ('revenue', 'customer')
        and period_start_date = cast(date_trunc('{{ period_type }}', period_start_date) as date)
        and cast(period_end_date + interval '1 day' as date)
        = cast(date_trunc('{{ period_type }}', period_start_date) + interval '1 {{ period_type }}' as date)
    group by period_start_date, segment_type, segment_value
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

scaffold as (

    select period_type, period_start, segment_type, segment_value from pipeline
    union
    select period_type, period_start, segment_type, segment_value from customers
    union
    select period_type, period_start, segment_type, segment_value from goals

),

measured as (

    select
        scaffold.*,
        {%- for measure in [
            'open_opportunities', 'open_without_amount', 'open_without_probability', 'overdue_opportunities',
            'open_new_opportunities', 'won_opportunities',
        ] %}
        cast(coalesce(pipeline.{{ measure }}, 0) as bigint) as {{ measure }},
        {%- endfor %}
        coalesce(pipeline.expected_new_wins, 0.0) as expected_new_wins,
        {%- for measure in ['open_amount', 'weighted_amount', 'overdue_amount', 'won_amount'] %}
        cast(coalesce(pipeline.{{ measure }}, 0) as decimal(18, 2)) as {{ measure }},
        {%- endfor %}
        cast(coalesce(customers.new_customers, 0) as bigint) as new_customers,
        goals.revenue_target,
        goals.customer_target,
        cast(scaffold.period_start as date) <= as_of.as_of_date as is_begun
    from scaffold
    cross join as_of
    {%- for part in ['pipeline', 'customers', 'goals'] %}
    left join {{ part }}
        on
            scaffold.period_type = {{ part }}.period_type
            and scaffold.period_start is not distinct from {{ part }}.period_start
            and scaffold.segment_type = {{ part }}.segment_type
            and scaffold.segment_value = {{ part }}.segment_value
    {%- endfor %}

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
        period_start as period_start_date
    from remaining

)

select * from final
