with

outcomes as (

    select * from {{ ref('fct_score_outcomes') }} where is_mature

),

members as (

    {{ in_score_cuts(
        'outcomes',
        ['to_stage', 'horizon_days', 'score_band', 'score', 'predicted_rate', 'is_converted'],
        score_cuts()
    ) }}

),

placed as (

    select
        *,
        rank() over (
            partition by period_type, period_start, segment_type, segment_value, to_stage order by score
        ) as lowest_rank,
        count(*) over (
            partition by period_type, period_start, segment_type, segment_value, to_stage, score
        ) as ties,
        count(*) over (partition by period_type, period_start, segment_type, segment_value, to_stage) as members,
        sum(case when is_converted then 1 else 0 end) over (
            partition by period_type, period_start, segment_type, segment_value, to_stage
        ) as converted_members
    from members

),

-- MQLs of one score share one rank, the mean of their places, and so one decile
deciled as (

    select
        *,
        1 + cast(floor(10 * (2 * lowest_rank + ties - 2) / (2.0 * members)) as int) as decile
    from placed

),

bucketed as (

    select *, 'decile' as bucket_type, cast(decile as string) as bucket from deciled
    union all
    select *, 'score_band' as bucket_type, score_band as bucket from deciled

),

grouped as (

    select
        period_type,
        period_start,
        segment_type,
        segment_value,
        to_stage,
        bucket_type,
        bucket,
        horizon_days,
        members,
        converted_members,
        count(*) as mqls,
        count(*) filter (where is_converted) as conversions,
        count(predicted_rate) as predicted_mqls,
        count(*) filter (where is_converted and predicted_rate is not null) as predicted_mql_conversions,
        avg(predicted_rate) as predicted_rate,
        min(score) as score_low,
        max(score) as score_high,
        avg(cast(score as double)) as mean_score
    from bucketed
    group by all

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        to_stage,
        bucket_type,
        bucket,
        horizon_days,
        cast(
            row_number() over (
                partition by period_type, period_start, segment_type, segment_value, to_stage, bucket_type
                order by score_low
            ) as int
        ) as bucket_number,
        cast(score_low as decimal(18, 6)) as score_low,
        cast(score_high as decimal(18, 6)) as score_high,
        mean_score,
        mqls,
        conversions,
        {{ rate_with_interval('conversions', 'mqls', 'conversion_rate') }},
        cast(converted_members as double) / members as overall_conversion_rate,
        cast(conversions as double) / mqls / nullif(cast(converted_members as double) / members, 0) as lift,
        predicted_mqls,
        predicted_mql_conversions,
        predicted_rate as predicted_conversion_rate,
        cast(predicted_mql_conversions as double) / nullif(predicted_mqls, 0) as predicted_mqls_conversion_rate,
        {{ is_small_n('mqls') }} as is_small_n,
        period_start as period_start_date
    from grouped

)

select * from final
