{# Conversions of cohorts by month and week: how many of those who entered a stage got to a later one, by every way of counting
   and every order. `transitions` has a row per entry and later stage (fct_stage_transitions, fct_deal_stage_transitions);
   `keys` are the columns that tell its cohorts apart, beside period and segment. #}
{% macro cohort_conversions(transitions, keys) %}
with

transitions as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start,
        cast(date_trunc('week', entered_date) as date) as week_start
    from {{ transitions }}

),

count_modes as (

    {{ count_modes() }}

),

order_modes as (

    select 'ordered' as order_mode
    union all
    select 'strict' as order_mode
    union all
    select 'any_order' as order_mode

),

-- one pass over the transitions, whatever the number of modes
counted as (

    {% for period_type, cut_by in conversion_cuts().items() %}
    select
        '{{ period_type }}' as period_type,
        {{ period_type }}_start as period_start_date,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        {{ keys | join(',\n        ') }},
        is_first_observed,
        count(*) as entrants,
        count(*) filter (where is_mature) as mature_entrants,
        count(converted_at) as ordered,
        count(converted_next_at) as strict,
        count(converted_any_order_at) as any_order,
        count(*) filter (where is_mature and converted_at < matures_at) as matured_ordered,
        count(*) filter (where is_mature and converted_next_at < matures_at) as matured_strict,
        count(*) filter (where is_mature and converted_any_order_at < matures_at) as matured_any_order
    from transitions
    group by {{ segment_grouping_sets(
        [period_type ~ '_start'] + keys + ['is_first_observed'], cut_by
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        counted.period_type,
        counted.segment_type,
        counted.segment_value,
        {%- for key in keys %}
        counted.{{ key }},
        {%- endfor %}
        count_modes.count_mode,
        order_modes.order_mode,
        cast(sum(counted.entrants) as bigint) as entrants,
        cast(sum(counted.mature_entrants) as bigint) as mature_entrants,
        cast(
            sum(
                case order_modes.order_mode
                    when 'ordered' then counted.ordered
                    when 'strict' then counted.strict
                    else counted.any_order
                end
            ) as bigint
        ) as conversions,
        cast(
            sum(
                case order_modes.order_mode
                    when 'ordered' then counted.matured_ordered
                    when 'strict' then counted.matured_strict
                    else counted.matured_any_order
                end
            ) as bigint
        ) as matured_conversions,
        counted.period_start_date
    from counted
    inner join count_modes on counted.is_first_observed = count_modes.is_first_observed
    cross join order_modes
    group by
        counted.period_type,
        counted.segment_type,
        counted.segment_value,
        {%- for key in keys %}
        counted.{{ key }},
        {%- endfor %}
        count_modes.count_mode,
        order_modes.order_mode,
        counted.period_start_date

)

select * from final
{% endmacro %}
