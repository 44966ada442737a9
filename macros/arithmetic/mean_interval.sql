{# 95 % interval of the mean of a column, from the normal distribution (mean -/+ 1.96 standard errors). In an aggregate;
   null for fewer than two values. Rough where values are few or skewed: is_small_n says so. #}
{% macro mean_low(value) -%} {{ mean_bound(value, '-') }} {%- endmacro %}

{% macro mean_high(value) -%} {{ mean_bound(value, '+') }} {%- endmacro %}

{% macro mean_bound(value, sign) -%}
    avg(cast({{ value }} as double))
    {{ sign }} 1.959963984540054 * stddev_samp(cast({{ value }} as double)) / sqrt(cast(nullif(count({{ value }}), 0) as double))
{%- endmacro %}
