{# The least whole number that is enough. A quotient of doubles that should be whole may come out a hair above it
   (21 / 0.7 = 30.000000000000004), which must not cost one more. #}
{% macro ceil_count(expression) -%}
    cast(ceil(({{ expression }}) * (1 - 1e-12)) as bigint)
{%- endmacro %}
