-- 0 <= low <= rate <= high <= 1, and no rate without a denominator.
with rates as (

    select
        'sla_attainment_rate' as metric,
        sla_attainment_rate as rate,
        sla_attainment_rate_low as low,
        sla_attainment_rate_high as high,
        met as numerator,
        judged as denominator
    from {{ ref('mart_sla') }}
    union all
    select
        'contacted_1h_rate' as metric,
        contacted_1h_rate as rate,
        contacted_1h_rate_low as low,
        contacted_1h_rate_high as high,
        contacted_1h_mqls as numerator,
        mqls_at_least_1h_old as denominator
    from {{ ref('mart_sla') }}
    {%- for rate, parts in {
        'mql_to_sal': ['sal_mqls', 'sal_mature_mqls'],
        'mql_to_sql': ['sql_mqls', 'sql_mature_mqls'],
        'mql_to_opportunity': ['opportunity_mqls', 'opportunity_mature_mqls'],
        'win': ['opportunities_won', 'opportunities_closed'],
    }.items() %}
    union all
    select
        '{{ rate }}_rate' as metric,
        {{ rate }}_rate as rate,
        {{ rate }}_rate_low as low,
        {{ rate }}_rate_high as high,
        {{ parts[0] }} as numerator,
        {{ parts[1] }} as denominator
    from {{ ref('mart_rep_performance') }}
    {%- endfor %}

)

select * from rates
where
    numerator > denominator
    or rate < 0
    or rate > 1
    or low < 0
    or high > 1
    or low > rate + 1e-9
    or high < rate - 1e-9
    or (denominator = 0) != (rate is null)
    or (denominator = 0) != (low is null)
