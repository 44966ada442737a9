-- What a metric is made of is read from its declaration; `dbt compile -s mart_metric_values` shows it written out.
with

members as (

    select
        *,
        cast(date_trunc('month', member_date) as date) as month_start
    from {{ ref('mart_metric_members') }}
    where member_date is not null

),

benchmarks as (

    select * from {{ ref('dim_benchmarks') }}

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

-- each month in its periods: itself, its quarter, its year, and the whole time
placed as (

    select *, 'month' as period_type, month_start as period_start from monthly
    union all
    select *, 'quarter' as period_type, cast(date_trunc('quarter', month_start) as date) as period_start from monthly
    union all
    select *, 'year' as period_type, cast(date_trunc('year', month_start) as date) as period_start from monthly
    union all
    select *, 'all' as period_type, cast(null as date) as period_start from monthly

),

summed as (

    select
        metric,
        period_type,
        period_start,
        segment_type,
        segment_value,
        sum(amount) as amount
    from placed
    where segment_value is not null
    group by all

),

-- which simple metrics a metric is made of, and what it may be cut by
parts as (

    {{ metric_part_rows() }}

),

counted as (

    select
        parts.metric,
        parts.unit,
        parts.is_ratio,
        summed.period_type,
        summed.segment_type,
        summed.segment_value,
        summed.period_start,
        cast(coalesce(sum(case when parts.role = 'numerator' then summed.amount end), 0) as double) as numerator,
        cast(coalesce(sum(case when parts.role = 'denominator' then summed.amount end), 0) as double) as denominator,
        cast(sum(case when parts.role = 'cohort' then summed.amount end) as double) as cohort
    from parts
    inner join summed
        on parts.part = summed.metric and array_contains(split(parts.cut_by, ';'), summed.segment_type)
    group by all

),

valued as (

    select
        *,
        case when is_ratio then numerator / nullif(denominator, 0) else numerator end as metric_value
    from counted

),

final as (

    select
        valued.metric,
        valued.period_type,
        valued.segment_type,
        valued.segment_value,
        case
            when valued.metric_value is null or benchmarks.metric is null then null
            when valued.metric_value < benchmarks.low_value then 'below'
            when valued.metric_value > benchmarks.high_value then 'above'
            else 'within'
        end as benchmark_verdict,
        valued.metric_value,
        valued.numerator,
        case when valued.is_ratio then valued.denominator end as denominator,
        case when valued.unit = 'share' then {{ wilson_low('valued.numerator', 'valued.denominator') }} end
            as metric_value_low,
        case when valued.unit = 'share' then {{ wilson_high('valued.numerator', 'valued.denominator') }} end
            as metric_value_high,
        case when valued.cohort > 0 then valued.denominator / valued.cohort end as mature_share,
        case when valued.is_ratio then {{ is_small_n('valued.denominator') }} end as is_small_n,
        coalesce(valued.cohort > valued.denominator, false) as is_provisional,
        valued.period_start as period_start_date
    from valued
    left join benchmarks on valued.metric = benchmarks.metric

)

select * from final
