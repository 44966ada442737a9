{# The rates of cohorts: matured, to date, and by survival. `cohorts` are rows of cohort_conversions, `survival` those of
   cohort_survival; `keys` tell cohorts apart, beside period, segment and way of counting. #}
{% macro conversion_rates(cohorts, survival, keys) -%}
    {%- set keys = ['period_type', 'period_start_date', 'segment_type', 'segment_value'] + keys + ['count_mode'] -%}
    select
        *,
        'matured' as rate_kind,
        cast(matured_conversions as double) as numerator,
        mature_entrants as denominator,
        cast(matured_conversions as double) / nullif(cast(mature_entrants as double), 0) as conversion_rate,
        {{ wilson_low('cast(matured_conversions as double)', 'mature_entrants') }} as conversion_rate_low,
        {{ wilson_high('cast(matured_conversions as double)', 'mature_entrants') }} as conversion_rate_high
    from {{ cohorts }} as cohorts

    union all

    select
        *,
        'to_date' as rate_kind,
        cast(conversions as double) as numerator,
        entrants as denominator,
        cast(conversions as double) / cast(entrants as double) as conversion_rate,
        {{ wilson_low('cast(conversions as double)', 'entrants') }} as conversion_rate_low,
        {{ wilson_high('cast(conversions as double)', 'entrants') }} as conversion_rate_high
    from {{ cohorts }} as cohorts

    union all

    select
        cohorts.*,
        'survival' as rate_kind,
        cast(survival.conversions as double) as numerator,
        cohorts.entrants as denominator,
        survival.converted_rate as conversion_rate,
        survival.converted_rate_low as conversion_rate_low,
        survival.converted_rate_high as conversion_rate_high
    from {{ cohorts }} as cohorts
    inner join {{ survival }} as survival
        on
            {{ same_keys('cohorts', 'survival', keys) }}
    where cohorts.order_mode = 'ordered'
{%- endmacro %}
