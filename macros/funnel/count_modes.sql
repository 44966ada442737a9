{# Which entries each way of counting takes: `first` a person's first observed entry, `cycle` every entry. #}
{% macro count_modes() -%}
    select
        'first' as count_mode,
        true as is_first_observed
    union all
    select
        'cycle' as count_mode,
        true as is_first_observed
    union all
    select
        'cycle' as count_mode,
        false as is_first_observed
{%- endmacro %}
