with

cohorts as (

    select * from {{ ref('fct_deal_cohort_conversions') }} where count_mode = 'first'

),

cohort_survival as (

    select * from {{ ref('fct_deal_cohort_survival') }}

),

rates as (

    {{ conversion_rates('cohorts', 'cohort_survival', ['pipeline', 'from_stage', 'to_stage']) }}

),

final as (

    select
        period_type,
        segment_type,
        segment_value,
        pipeline,
        from_stage,
        to_stage,
        order_mode,
        rate_kind,
        horizon_days,
        entrants,
        numerator,
        denominator,
        conversion_rate,
        conversion_rate_low,
        conversion_rate_high,
        cast(mature_entrants as double) / cast(entrants as double) as mature_share,
        {{ is_small_n('denominator') }} as is_small_n,
        rate_kind = 'to_date' or mature_entrants < entrants as is_provisional,
        period_start_date
    from rates

)

select * from final
