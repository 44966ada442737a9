{# True where a rate or a mean rests on fewer than 30 cases, too few to act on; null where their number is unknown. #}
{% macro is_small_n(cases) -%} {{ cases }} < 30 {%- endmacro %}
