{# Columns of a row as a text to find it by: `calendar_id default, weekday 1`. #}
{% macro named_values(columns) -%}
    concat_ws(', '
    {%- for column in columns -%}
        , '{{ column }} ' || coalesce(cast({{ column }} as string), 'null')
    {%- endfor -%})
{%- endmacro %}
