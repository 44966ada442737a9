-- noqa: disable=LT02
{% set cut = ['period_type', 'period_start', 'segment_type', 'segment_value', 'to_stage'] %}
{% set keys = cut | join(', ') %}

with

outcomes as (

    select * from {{ ref('fct_score_outcomes') }}

),

members as (

    {{ in_score_cuts(
        'outcomes',
        ['to_stage', 'horizon_days', 'score_band', 'score', 'predicted_rate', 'is_mature', 'is_converted'],
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

-- all MQLs of one score stand at one place
scores as (

    select
        {{ keys }},
        score,
        count(*) as mqls,
        count(*) filter (where is_converted) as conversions
    from members
    where is_mature
    group by {{ keys }}, score

),

below as (

    select
        *,
        sum(mqls) over (partition by {{ keys }} order by score) - mqls as mqls_below,
        sum(conversions) over (partition by {{ keys }} order by score) - conversions as conversions_below,
        sum(mqls) over (partition by {{ keys }}) as all_mqls,
        sum(conversions) over (partition by {{ keys }}) as all_conversions
    from scores

),

-- For a converted MQL of this score, the share of the others that it stands above; for one of the others, the share of
-- the converted ones that it stands below; ties count one half. The mean of either is the area under the ROC curve, and
-- their variances are those of DeLong, DeLong and Clarke-Pearson (1988).
compared as (

    select
        *,
        1 + cast(floor(10 * (2 * mqls_below + mqls) / (2.0 * all_mqls)) as int) as decile,
        cast(conversions as double) as positives,
        cast(mqls - conversions as double) as negatives,
        (mqls_below - conversions_below + 0.5 * (mqls - conversions))
        / cast(nullif(all_mqls - all_conversions, 0) as double) as share_below,
        (all_conversions - conversions_below - 0.5 * conversions)
        / cast(nullif(all_conversions, 0) as double) as share_above,
        mqls_below + 0.5 * mqls - 0.5 * all_mqls as centred_rank
    from below

),

areas as (

    select
        *,
        sum(positives * share_below) over (partition by {{ keys }}) / nullif(cast(all_conversions as double), 0) as auc
    from compared

),

judged as (

    select
        {{ keys }},
        auc,
        sqrt(
            sum(positives * power(share_below - auc, 2))
            / nullif(cast(all_conversions as double) * (all_conversions - 1), 0)
            + sum(negatives * power(share_above - auc, 2))
            / nullif(cast(all_mqls - all_conversions as double) * (all_mqls - all_conversions - 1), 0)
        ) as auc_error,
        sum(positives * centred_rank)
        / nullif(
            sqrt(
                sum(mqls * power(centred_rank, 2))
                * all_conversions * (all_mqls - all_conversions) / cast(all_mqls as double)
            ),
            0
        ) as rank_correlation
    from areas
    group by {{ keys }}, auc, all_mqls, all_conversions

),

deciles as (

    select
        {{ keys }},
        decile,
        sum(positives) / sum(mqls) as conversion_rate
    from compared
    group by {{ keys }}, decile

),

steps as (

    select
        *,
        lag(conversion_rate) over (partition by {{ keys }} order by decile) as rate_below,
        row_number() over (partition by {{ keys }} order by decile desc) as rank_from_top
    from deciles

),

monotony as (

    select
        {{ keys }},
        count(*) as deciles,
        count(*) filter (where conversion_rate < rate_below) as decile_inversions,
        max(case when rank_from_top = 1 then conversion_rate end) as top_decile_conversion_rate
    from steps
    group by {{ keys }}

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
        cast(counted.conversions as double) / nullif(counted.mqls, 0) as conversion_rate,
        {{ wilson_low('counted.conversions', 'counted.mqls') }} as conversion_rate_low,
        {{ wilson_high('counted.conversions', 'counted.mqls') }} as conversion_rate_high,
        judged.auc,
        case when judged.auc_error is not null then greatest(0.0, judged.auc - 1.959963984540054 * judged.auc_error) end
            as auc_low,
        case when judged.auc_error is not null then least(1.0, judged.auc + 1.959963984540054 * judged.auc_error) end
            as auc_high,
        judged.rank_correlation,
        cast(coalesce(monotony.deciles, 0) as bigint) as deciles,
        monotony.decile_inversions,
        monotony.top_decile_conversion_rate
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
    {% for part in ['judged', 'monotony', 'predictions'] %}
    left join {{ part }}
        on
            {%- for key in cut %}
            {{ 'and ' if not loop.first }}counted.{{ key }} is not distinct from {{ part }}.{{ key }}
            {%- endfor %}
    {% endfor %}

)

select * from final
