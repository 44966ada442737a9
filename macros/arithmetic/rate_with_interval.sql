{# Three columns: a proportion of counts, null where there is nothing to divide by, and its 95 % Wilson interval. #}
{% macro rate_with_interval(numerator, denominator, name) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0) as {{ name }},
    {{ wilson_low(numerator, denominator) }} as {{ name }}_low,
    {{ wilson_high(numerator, denominator) }} as {{ name }}_high
{%- endmacro %}
