{# Whether something had happened by a pinned as_of: what lies after it is not known yet. Without a pin, all that landed is. #}
{% macro is_known(moment) -%}
    {%- if pinned_as_of() -%} cast({{ moment }} as timestamp) <= timestamp '{{ pinned_as_of() }}'
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}
