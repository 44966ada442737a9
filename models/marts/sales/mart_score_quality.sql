{% set keys = 'period_type, period_start, segment_type, segment_value, to_stage' %}

with

outcomes as (

    select * from {{ ref('fct_score_outcomes') }}

),

discrimination as (

    select
        *,
        period_start_date as period_start
    from {{ ref('fct_score_discrimination') }}

),

members as (

    {{ in_score_cuts(
        'outcomes',
        ['to_stage', 'horizon_days', 'score_band', 'predicted_rate', 'is_mature', 'is_converted'],
        score_cuts()
    ) }}

),

counted as (

    select
        {{ keys }},
        horizon_days,
        count(*) as entrants,
        count(*) filter (where is_mature) as mqls,
        count(*) filter (where is_mature and is_converted) as conversions
    from members
    group by {{ keys }}, horizon_days

),

bands as (

    select
        {{ keys }},
        score_band,
        cast(count(*) as double) as mqls,
        cast(count(*) filter (where is_converted) as double) as conversions,
        sum(predicted_rate) as predicted,
        sum(power(predicted_rate - case when is_converted then 1 else 0 end, 2)) as squared_error
    from members
    where is_mature and predicted_rate is not null
    group by {{ keys }}, score_band

),

predictions as (

    select
        {{ keys }},
        sum(mqls) as mqls,
        sum(conversions) as conversions,
        sum(predicted) / sum(mqls) as predicted_rate,
        sum(squared_error) / sum(mqls) as brier_score,
        sum(abs(predicted - conversions)) / sum(mqls) as calibration_error
    from bands
    group by {{ keys }}

),

final as (

    select
        counted.period_type,
        counted.segment_type,
        counted.segment_value,
        counted.to_stage,
        counted.horizon_days,
        counted.entrants,
        counted.mqls,
        counted.conversions,
        {{ rate_with_interval('counted.conversions', 'counted.mqls', 'conversion_rate') }},
        discrimination.auc,
        discrimination.auc_low,
        discrimination.auc_high,
        discrimination.rank_correlation,
        coalesce(discrimination.deciles, 0) as deciles,
        discrimination.decile_inversions,
        discrimination.top_decile_conversion_rate
        / nullif(cast(counted.conversions as double) / nullif(counted.mqls, 0), 0) as top_decile_lift,
        cast(coalesce(predictions.mqls, 0) as bigint) as predicted_mqls,
        predictions.predicted_rate as predicted_conversion_rate,
        predictions.conversions / predictions.mqls as predicted_mqls_conversion_rate,
        predictions.brier_score,
        1 - predictions.brier_score / nullif(
            predictions.conversions / predictions.mqls * (1 - predictions.conversions / predictions.mqls), 0
        ) as brier_skill_score,
        predictions.calibration_error,
        cast(counted.mqls as double) / counted.entrants as mature_share,
        {{ is_small_n('counted.mqls') }} as is_small_n,
        counted.period_start as period_start_date
    from counted
    left join discrimination on {{ same_keys('counted', 'discrimination', keys.split(', ')) }}
    left join predictions on {{ same_keys('counted', 'predictions', keys.split(', ')) }}

)

select * from final
