{# After grouping by `segment_grouping_sets` of relations whose segments may be null: which segment a row is for. A fact
   that is not cut by a segment has null there, which `segment_type` would take for grouped out. #}
{% macro grouped_segment_type() -%}
    case
        {%- for segment in segments() %}
        when grouping({{ segment }}) = 0 then '{{ segment }}'
        {%- endfor %}
        else 'all'
    end
{%- endmacro %}

{% macro grouped_segment_value() -%}
    case
        {%- for segment in segments() %}
        when grouping({{ segment }}) = 0 then {{ segment }}
        {%- endfor %}
        else 'all'
    end
{%- endmacro %}
