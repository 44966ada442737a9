{# The whole row of a relation as one value, cheap to carry and written out only where it is read. #}
{% macro row_struct(relation) %}{{ return(adapter.dispatch('row_struct')(relation)) }}{% endmacro %}

{% macro default__row_struct(relation) -%} {{ relation }} {%- endmacro %}

{% macro spark__row_struct(relation) -%} struct({{ relation }}.*) {%- endmacro %}

{# A row as JSON text. #}
{% macro to_json_text(expression) -%}
    cast(to_json({{ expression }}) as string)
{%- endmacro %}
