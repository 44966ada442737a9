with

outcomes as (

    select * from {{ ref('fct_score_outcomes') }} where is_mature

),

scores as (

    select * from {{ ref('fct_person_scores') }}

),

qualified as (

    select distinct person_key from {{ ref('fct_mql_scores') }}

),

thresholds as (

    select * from {{ ref('dim_score_thresholds') }}

),

placed_mqls as (

    select
        outcomes.*,
        thresholds.threshold as passed
    from outcomes
    left join thresholds
        on
            outcomes.score >= thresholds.threshold
            and (outcomes.score < thresholds.next_threshold or thresholds.next_threshold is null)

),

placed_leads as (

    select
        scores.*,
        thresholds.threshold as passed,
        qualified.person_key is null as is_unqualified
    from scores
    left join qualified on scores.person_key = qualified.person_key
    left join thresholds
        on
            scores.highest_score >= thresholds.threshold
            and (scores.highest_score < thresholds.next_threshold or thresholds.next_threshold is null)

),

-- by the highest threshold that each one passes; null = none
mqls as (

    select
        {{ segment_type(score_cuts()) }} as segment_type,
        {{ segment_value(score_cuts()) }} as segment_value,
        to_stage,
        horizon_days,
        passed,
        count(*) as mqls,
        count(*) filter (where is_converted) as conversions
    from placed_mqls
    group by {{ segment_grouping_sets(['to_stage', 'horizon_days', 'passed'], score_cuts()) }}

),

leads as (

    select
        {{ segment_type(score_cuts()) }} as segment_type,
        {{ segment_value(score_cuts()) }} as segment_value,
        passed,
        count(*) as leads,
        count(*) filter (where is_unqualified) as unqualified_leads
    from placed_leads
    group by {{ segment_grouping_sets(['passed'], score_cuts()) }}

),

-- who passes a threshold is counted at it and at those above: a few dozen rows with each other
kept_mqls as (

    select
        mqls.segment_type,
        mqls.segment_value,
        mqls.to_stage,
        mqls.horizon_days,
        thresholds.threshold,
        thresholds.is_in_force,
        sum(mqls.mqls) as mqls,
        sum(mqls.conversions) as conversions,
        sum(case when mqls.passed >= thresholds.threshold then mqls.mqls else 0 end) as kept_mqls,
        sum(case when mqls.passed >= thresholds.threshold then mqls.conversions else 0 end) as kept_conversions
    from mqls
    cross join thresholds
    group by
        mqls.segment_type,
        mqls.segment_value,
        mqls.to_stage,
        mqls.horizon_days,
        thresholds.threshold,
        thresholds.is_in_force

),

kept_leads as (

    select
        leads.segment_type,
        leads.segment_value,
        thresholds.threshold,
        sum(leads.leads) as leads,
        sum(case when leads.passed >= thresholds.threshold then leads.leads else 0 end) as leads_reaching,
        sum(case when leads.passed >= thresholds.threshold then leads.unqualified_leads else 0 end)
            as unqualified_leads_reaching
    from leads
    cross join thresholds
    group by leads.segment_type, leads.segment_value, thresholds.threshold

),

rates as (

    select
        kept_mqls.*,
        coalesce(kept_leads.leads, 0) as leads,
        coalesce(kept_leads.leads_reaching, 0) as leads_reaching,
        coalesce(kept_leads.unqualified_leads_reaching, 0) as unqualified_leads_reaching,
        cast(kept_mqls.conversions as double) / nullif(kept_mqls.mqls, 0) as conversion_rate,
        cast(kept_mqls.kept_conversions as double) / nullif(kept_mqls.kept_mqls, 0) as kept_conversion_rate
    from kept_mqls
    left join kept_leads
        on
            kept_mqls.segment_type = kept_leads.segment_type
            and kept_mqls.segment_value = kept_leads.segment_value
            and kept_mqls.threshold = kept_leads.threshold

),

final as (

    select
        segment_type,
        segment_value,
        to_stage,
        horizon_days,
        threshold,
        cast(mqls as bigint) as mqls,
        cast(conversions as bigint) as conversions,
        cast(kept_mqls as bigint) as kept_mqls,
        cast(kept_conversions as bigint) as kept_conversions,
        cast(conversions - kept_conversions as bigint) as given_up_conversions,
        cast(kept_mqls as double) / nullif(mqls, 0) as kept_mql_rate,
        cast(kept_conversions as double) / nullif(conversions, 0) as kept_conversions_rate,
        conversion_rate,
        {{ wilson_low('conversions', 'mqls') }} as conversion_rate_low,
        {{ wilson_high('conversions', 'mqls') }} as conversion_rate_high,
        kept_conversion_rate,
        {{ wilson_low('kept_conversions', 'kept_mqls') }} as kept_conversion_rate_low,
        {{ wilson_high('kept_conversions', 'kept_mqls') }} as kept_conversion_rate_high,
        kept_conversion_rate - conversion_rate as conversion_rate_change,
        cast(leads as bigint) as leads,
        cast(leads_reaching as bigint) as leads_reaching,
        cast(unqualified_leads_reaching as bigint) as unqualified_leads_reaching,
        cast(leads_reaching as double) / nullif(leads, 0) as leads_reaching_rate,
        is_in_force,
        {{ is_small_n('kept_mqls') }} as is_small_n
    from rates

)

select * from final
