{% set keys = 'period_type, period_start, segment_type, segment_value, to_stage' %}

with

outcomes as (

    select * from {{ ref('fct_score_outcomes') }} where is_mature

),

members as (

    {{ in_score_cuts('outcomes', ['to_stage', 'score', 'is_converted'], score_cuts()) }}

),

-- all MQLs of one score stand at one place
scores as (

    select
        {{ keys }},
        score,
        count(*) as mqls,
        count(*) filter (where is_converted) as conversions
    from members
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

separated as (

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

final as (

    select
        separated.period_type,
        separated.segment_type,
        separated.segment_value,
        separated.to_stage,
        separated.auc,
        case
            when separated.auc_error is not null
                then greatest(0.0, separated.auc - 1.959963984540054 * separated.auc_error)
        end as auc_low,
        case
            when separated.auc_error is not null
                then least(1.0, separated.auc + 1.959963984540054 * separated.auc_error)
        end as auc_high,
        separated.rank_correlation,
        monotony.deciles,
        monotony.decile_inversions,
        monotony.top_decile_conversion_rate,
        separated.period_start as period_start_date
    from separated
    inner join monotony on {{ same_keys('separated', 'monotony', keys.split(', ')) }}

)

select * from final
