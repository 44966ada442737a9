{# 95 % prediction interval of a count that is `actual` after a part of its time, when the rest is `ratio` times as long
   as the part: of two Poisson counts x and y of one rate, all y with (y - r x)^2 <= z^2 r (x + y), a closed form
   (Krishnamoorthy and Peng 2011). It allows for chance in what is to come and in the rate so far. #}
{% macro prediction_low(actual, ratio) -%} {{ prediction_bound(actual, ratio, '-') }} {%- endmacro %}

{% macro prediction_high(actual, ratio) -%} {{ prediction_bound(actual, ratio, '+') }} {%- endmacro %}

{% macro prediction_bound(actual, ratio, sign) -%}
    {%- set z = '1.959963984540054' -%}
    {{ actual }} + greatest(
        0.0,
        {{ ratio }} * ({{ actual }} + {{ z }} * {{ z }} / 2)
        {{ sign }} {{ z }} * sqrt(
            {{ ratio }} * ({{ actual }} * (1 + {{ ratio }}) + {{ z }} * {{ z }} * {{ ratio }} / 4)
        )
    )
{%- endmacro %}
