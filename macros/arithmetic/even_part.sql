{# One of several whole parts of a whole number, by its number from 1: they add up to it and differ by 1 at most, the first
   ones being the larger. #}
{% macro even_part(total, parts, number) -%}
    cast(({{ total }} - {{ total }} % {{ parts }}) / {{ parts }} as bigint)
    + case when {{ number }} <= abs({{ total }} % {{ parts }}) then cast(sign({{ total }}) as bigint) else 0 end
{%- endmacro %}

{# The same of an amount of money, in cents. #}
{% macro even_part_of_amount(amount, parts, number) -%}
    {%- set cents = 'cast(' ~ amount ~ ' * 100 as bigint)' -%}
    cast(({{ even_part(cents, parts, number) }}) * cast(0.01 as decimal(3, 2)) as decimal(18, 2))
{%- endmacro %}
