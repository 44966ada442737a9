{# Where those who enter a stage go, by month of entry: one row per cohort, outcome and reason. `outcomes` has a row per entry
   (fct_stage_outcomes, fct_deal_stage_outcomes); `keys` are the columns that tell cohorts apart, beside month and segment; `details` cut an outcome. #}
{% macro attrition(outcomes, keys, outcome_names, details=['reason']) %}
{% set outcome_details = [] %}
{% for detail in details %}{% do outcome_details.append('outcome_' ~ detail) %}{% endfor %}
{% set cohort = ['month_start_date'] + keys + ['segment_type', 'segment_value'] %}

with

outcomes as (

    select
        *,
        {%- for detail in details %}
        coalesce({{ detail }}, 'none') as outcome_{{ detail }},
        {%- endfor %}
        cast(date_trunc('month', entered_date) as date) as month_start_date
    from {{ outcomes }}

),

outcome_names as (

    {% for outcome in outcome_names -%}
    select '{{ outcome }}' as outcome
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

counted as (

    select
        month_start_date,
        {{ keys | join(',\n        ') }},
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        outcome,
        {%- for detail in details %}
        outcome_{{ detail }} as {{ detail }},
        {%- endfor %}
        count(*) as entrants
    from outcomes
    group by {{ segment_grouping_sets(['month_start_date'] + keys + ['outcome'] + outcome_details) }}

),

cohorts as (

    select
        {{ cohort | join(',\n        ') }},
        sum(entrants) as entrants,
        coalesce(sum(entrants) filter (where outcome is not null), 0) as mature_entrants
    from counted
    group by {{ cohort | join(', ') }}

),

-- an outcome that nobody of the cohort had has a row too, or a line through the months would jump over the zeros
final as (

    select
        cohorts.segment_type,
        cohorts.segment_value,
        {%- for key in keys %}
        cohorts.{{ key }},
        {%- endfor %}
        outcome_names.outcome,
        {%- for detail in details %}
        coalesce(counted.{{ detail }}, 'none') as {{ detail }},
        {%- endfor %}
        cast(cohorts.entrants as bigint) as entrants,
        cast(coalesce(counted.entrants, 0) as bigint) as numerator,
        cast(cohorts.mature_entrants as bigint) as denominator,
        coalesce(counted.entrants, 0) / nullif(cast(cohorts.mature_entrants as double), 0) as outcome_rate,
        {{ wilson_low('coalesce(counted.entrants, 0)', 'cohorts.mature_entrants') }} as outcome_rate_low,
        {{ wilson_high('coalesce(counted.entrants, 0)', 'cohorts.mature_entrants') }} as outcome_rate_high,
        cast(cohorts.mature_entrants as double) / cast(cohorts.entrants as double) as mature_share,
        {{ is_small_n('cohorts.mature_entrants') }} as is_small_n,
        cohorts.mature_entrants < cohorts.entrants as is_provisional,
        cohorts.month_start_date
    from cohorts
    cross join outcome_names
    left join counted
        on
            {{ same_keys('cohorts', 'counted', cohort) }}
            and outcome_names.outcome = counted.outcome

)

select * from final
{% endmacro %}
