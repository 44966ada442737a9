with

scores as (

    select * from {{ ref('fct_mql_scores') }}

),

transitions as (

    select * from {{ ref('fct_stage_transitions') }} where from_stage = 'mql' and to_stage in ('sql', 'customer')

),

judged as (

    select
        transitions.transition_key,
        transitions.entry_key,
        transitions.to_stage,
        transitions.horizon_days,
        transitions.is_mature,
        coalesce(transitions.converted_at < transitions.matures_at, false) as is_converted,
        transitions.matures_at,
        scores.score_band,
        cast(date_trunc('month', scores.entered_date) as date) as entered_month,
        cast(date_trunc('month', {{ reporting_date('transitions.matures_at') }}) as date) as matured_month
    from transitions
    inner join scores on transitions.entry_key = scores.entry_key

),

months as (

    select distinct
        to_stage,
        score_band,
        entered_month
    from judged

),

matured as (

    select
        to_stage,
        score_band,
        matured_month,
        count(*) as mqls,
        count(*) filter (where is_converted) as conversions
    from judged
    where is_mature
    group by 1, 2, 3

),

-- what was known when the month began: MQLs of the same band whose horizon had passed in an earlier month
known as (

    select
        months.to_stage,
        months.score_band,
        months.entered_month,
        cast(sum(matured.mqls) as bigint) as mqls,
        cast(sum(matured.conversions) as bigint) as conversions
    from months
    inner join matured
        on
            months.to_stage = matured.to_stage
            and months.score_band = matured.score_band
            and months.entered_month > matured.matured_month
    group by 1, 2, 3

),

final as (

    select
        judged.transition_key,
        judged.entry_key,
        scores.person_key,
        judged.to_stage,
        scores.source_system,
        {%- for segment in segments() if segment != 'source_system' %}
        scores.{{ segment }},
        {%- endfor %}
        scores.score_band,
        judged.horizon_days,
        scores.fit,
        scores.engagement,
        scores.negative,
        scores.score,
        coalesce(known.mqls, 0) as earlier_mqls,
        case
            when not {{ is_small_n('known.mqls') }} then cast(known.conversions as double) / known.mqls
        end as predicted_rate,
        judged.is_mature,
        judged.is_converted,
        scores.entered_date,
        scores.entered_at,
        judged.matures_at
    from judged
    inner join scores on judged.entry_key = scores.entry_key
    left join known
        on
            judged.to_stage = known.to_stage
            and judged.score_band = known.score_band
            and judged.entered_month = known.entered_month

)

select * from final
