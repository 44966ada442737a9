{# Surrogate key of the given columns: an md5 of their texts. Null where the last column (the natural id) is null.
   The separator cannot be read as part of a value that a source system would use for an id. #}
{% macro surrogate_key(columns) -%}
    md5({{ columns | join(" || '|' || ") }})
{%- endmacro %}
