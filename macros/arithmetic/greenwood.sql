{# 95 % interval of a Kaplan-Meier survival estimate, log(-log) transformed (Kalbfleisch and Prentice 1980), from
   Greenwood's sum of d / (n (n - d)). Null where the estimate is 0 or 1, for which the transform is not defined. #}
{% macro greenwood_low(survival, greenwood_sum) -%} {{ greenwood_bound(survival, greenwood_sum, '+') }} {%- endmacro %}

{% macro greenwood_high(survival, greenwood_sum) -%} {{ greenwood_bound(survival, greenwood_sum, '-') }} {%- endmacro %}

{% macro greenwood_bound(survival, greenwood_sum, sign) -%}
    case
        when {{ survival }} > 0 and {{ survival }} < 1
            then power(
                {{ survival }},
                exp({{ sign }} 1.959963984540054 * sqrt({{ greenwood_sum }}) / abs(ln({{ survival }})))
            )
    end
{%- endmacro %}
