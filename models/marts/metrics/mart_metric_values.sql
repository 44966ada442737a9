-- What a metric rests on is read from its declaration; `dbt compile -s mart_metric_values` shows it written out.
with

parts as (

    select * from {{ ref('mart_metric_parts') }}

),

benchmarks as (

    select * from {{ ref('dim_benchmarks') }}

),

subjects as (

    {{ metric_subject_rows() }}

),

recorded_subjects as (

    select distinct subject from {{ ref('dim_recording') }} where is_recorded

),

reasons as (

    select * from {{ ref('unknown_reasons') }}

),

-- a metric that rests on what no system records
unrecorded as (

    select
        subjects.metric,
        min(reasons.reason) as unknown_reason
    from subjects
    inner join reasons on subjects.subject = reasons.subject
    left join recorded_subjects on subjects.subject = recorded_subjects.subject
    where recorded_subjects.subject is null
    group by 1

),

counted as (

    select
        metric,
        unit,
        is_ratio,
        period_type,
        segment_type,
        segment_value,
        period_start_date as period_start,
        cast(coalesce(sum(case when role = 'numerator' then amount end), 0) as double) as numerator,
        cast(coalesce(sum(case when role = 'denominator' then amount end), 0) as double) as denominator,
        cast(coalesce(sum(case when role = 'unknown' then amount end), 0) as double) as unknown,
        cast(sum(case when role = 'cohort' then amount end) as double) as cohort,
        min(case when is_without_costs then 1 else 0 end) = 1 as is_without_costs
    from parts
    group by all

),

explained as (

    select
        counted.*,
        case
            when unrecorded.unknown_reason is not null then unrecorded.unknown_reason
            when counted.is_without_costs then 'costs_not_recorded'
            when counted.unknown > 0 and counted.unknown = counted.denominator then 'origin_not_recorded'
        end as unknown_reason
    from counted
    left join unrecorded on counted.metric = unrecorded.metric

),

valued as (

    select
        *,
        case
            when unknown_reason is not null then null
            when is_ratio then numerator / nullif(denominator, 0)
            else numerator
        end as metric_value,
        case when is_ratio then (numerator + unknown) / nullif(denominator, 0) else numerator end as highest_value
    from explained

),

measured as (

    select
        valued.metric,
        valued.period_type,
        valued.segment_type,
        valued.segment_value,
        case
            when valued.unknown_reason is not null then 'not_recorded'
            when valued.metric_value is null then 'no_cases'
            when valued.cohort > valued.denominator then 'provisional'
            else 'known'
        end as value_state,
        valued.unknown_reason,
        case
            when valued.metric_value is null or benchmarks.metric is null then null
            when valued.highest_value < benchmarks.low_value then 'below'
            when valued.metric_value > benchmarks.high_value then 'above'
            when
                valued.metric_value >= benchmarks.low_value
                and coalesce(valued.highest_value <= benchmarks.high_value, true)
                then 'within'
        end as benchmark_verdict,
        valued.metric_value,
        case when valued.unknown_reason is null then valued.numerator end as numerator,
        case when valued.is_ratio and valued.unknown_reason is null then valued.denominator end as denominator,
        case
            when valued.unit = 'share' and valued.unknown_reason is null
                then {{ wilson_low('valued.numerator', 'valued.denominator') }}
        end as metric_value_low,
        case
            when valued.unit = 'share' and valued.unknown_reason is null
                then {{ wilson_high('valued.numerator', 'valued.denominator') }}
        end as metric_value_high,
        case when valued.unknown > 0 then valued.unknown / nullif(valued.denominator, 0) end as unknown_share,
        case when valued.cohort > 0 then valued.denominator / valued.cohort end as mature_share,
        case when valued.is_ratio then {{ is_small_n('valued.denominator') }} end as is_small_n,
        coalesce(valued.cohort > valued.denominator, false) as is_provisional,
        valued.period_start as period_start_date
    from valued
    left join benchmarks on valued.metric = benchmarks.metric

),

final as (

    select * from measured
    union all
    select
        unrecorded.metric,
        'all' as period_type,
        'all' as segment_type,
        'all' as segment_value,
        'not_recorded' as value_state,
        unrecorded.unknown_reason,
        cast(null as string) as benchmark_verdict,
        cast(null as double) as metric_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(null as double) as metric_value_low,
        cast(null as double) as metric_value_high,
        cast(null as double) as unknown_share,
        cast(null as double) as mature_share,
        cast(null as boolean) as is_small_n,
        false as is_provisional,
        cast(null as date) as period_start_date
    from unrecorded
    left join counted
        on unrecorded.metric = counted.metric and counted.period_type = 'all' and counted.segment_type = 'all'
    where counted.metric is null

)

select * from final
