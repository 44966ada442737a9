-- What a metric is made of is read from its declaration; `dbt compile -s mart_metric_parts` shows it written out.
with

members as (

    select
        *,
        cast(date_trunc('month', member_date) as date) as month_start
    from {{ ref('mart_metric_members') }}
    where member_date is not null

),

-- a fact that is not cut by a segment has none there, and no row
monthly as (

    select
        metric,
        month_start,
        {{ grouped_segment_type() }} as segment_type,
        {{ grouped_segment_value() }} as segment_value,
        sum(amount) as amount
    from members
    group by {{ segment_grouping_sets(['metric', 'month_start']) }}

),

costs as (

    select * from monthly where metric = 'full_cost'

),

-- before the first cost and after the last one, nobody knows what was spent
cost_months as (

    select
        min(month_start) as first_month,
        max(month_start) as last_month
    from costs

),

costed_segments as (

    select distinct
        segment_type,
        segment_value
    from costs

),

costed as (

    select
        monthly.*,
        case when monthly.month_start between cost_months.first_month and cost_months.last_month then monthly.amount end
            as costed_amount
    from monthly
    cross join cost_months

),

-- each month in its periods: itself, its quarter, its year, and the whole time
placed as (

    select *, 'month' as period_type, month_start as period_start from costed
    union all
    select *, 'quarter' as period_type, {{ start_of_period('quarter', 'month_start') }} as period_start from costed
    union all
    select *, 'year' as period_type, {{ start_of_period('year', 'month_start') }} as period_start from costed
    union all
    select *, 'all' as period_type, cast(null as date) as period_start from costed

),

summed as (

    select
        metric,
        period_type,
        period_start,
        segment_type,
        segment_value,
        sum(amount) as amount,
        sum(costed_amount) as costed_amount
    from placed
    where segment_value is not null
    group by all

),

-- which simple metrics a metric is made of, and what it may be cut by
parts as (

    {{ metric_part_rows() }}

),

-- of what rests on costs, only the months and segments count whose costs are known
amounts as (

    select
        parts.*,
        summed.period_type,
        summed.segment_type,
        summed.segment_value,
        summed.period_start,
        case when parts.rests_on_costs then summed.costed_amount else summed.amount end as amount,
        parts.rests_on_costs
        and (costed_segments.segment_value is null or summed.costed_amount is null) as is_without_costs
    from parts
    inner join summed
        on parts.part = summed.metric and array_contains(split(parts.cut_by, ';'), summed.segment_type)
    left join costed_segments
        on
            summed.segment_type = costed_segments.segment_type
            and summed.segment_value = costed_segments.segment_value

),

final as (

    select
        metric,
        role,
        unit,
        period_type,
        segment_type,
        segment_value,
        cast(amount as decimal(18, 2)) as amount,
        is_ratio,
        is_without_costs,
        period_start as period_start_date
    from amounts

)

select * from final
