{# 95 % interval of Spearman's rank correlation by Fisher's z with the variance of Bonett and Wright (2000),
   (1 + r^2 / 2) / (n - 3). Null for fewer than 4 pairs and for a perfect correlation, for which z is not defined. #}
{% macro spearman_low(correlation, pairs) -%} {{ spearman_bound(correlation, pairs, '-') }} {%- endmacro %}

{% macro spearman_high(correlation, pairs) -%} {{ spearman_bound(correlation, pairs, '+') }} {%- endmacro %}

{% macro spearman_bound(correlation, pairs, sign) -%}
    case
        when {{ pairs }} > 3 and abs({{ correlation }}) < 0.999999999999
            then tanh(
                0.5 * ln((1 + {{ correlation }}) / (1 - {{ correlation }}))
                {{ sign }} 1.959963984540054
                * sqrt((1 + {{ correlation }} * {{ correlation }} / 2) / (cast({{ pairs }} as double) - 3))
            )
    end
{%- endmacro %}
