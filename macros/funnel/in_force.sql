{# A join condition: the row of `rules` holds at the moment; both are timestamps or both dates. Periods are half-open,
   [valid_from, valid_to); an empty valid_to is open. Inequalities alone, so that both engines can join on them. #}
{% macro in_force(rules, moment) -%}
    {{ moment }} >= {{ rules }}.valid_from
    and {{ moment }} < coalesce({{ rules }}.valid_to, date '9999-12-31')
{%- endmacro %}
