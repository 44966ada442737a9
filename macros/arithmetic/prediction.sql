{# 95 % prediction interval of a count that is `actual` after a part of its time, when the rest is `ratio` times as long
   as the part: Nelson's approximation for two Poisson counts of one rate (Nelson 1982, Applied Life Data Analysis). It
   allows for chance in what is to come and in the rate so far; nothing seen counts as a half. #}
{% macro prediction_low(actual, ratio) -%} {{ prediction_bound(actual, ratio, '-') }} {%- endmacro %}

{% macro prediction_high(actual, ratio) -%} {{ prediction_bound(actual, ratio, '+') }} {%- endmacro %}

{% macro prediction_bound(actual, ratio, sign) -%}
    {{ actual }} + greatest(
        0.0,
        {{ actual }} * {{ ratio }}
        {{ sign }} 1.959963984540054 * sqrt(greatest({{ actual }}, 0.5) * {{ ratio }} * (1 + {{ ratio }}))
    )
{%- endmacro %}
