{# Whether a landed activity was done when it was loaded: neither said to be planned, nor later than its load. #}
{% macro is_done_activity() -%}
    not coalesce(is_planned, false) and occurred_at <= _loaded_at
{%- endmacro %}
