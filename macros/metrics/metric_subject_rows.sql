{# One select per metric of the catalogue and subject of `dim_recording` that it rests on (meta `rests_on`). #}
{% macro metric_subject_rows() %}
    {%- set found = [] -%}
    {%- for metric in catalogued_metrics(['simple', 'ratio']) -%}
        {%- for subject in metric.config.meta.rests_on or [] -%}{%- do found.append((metric.name, subject)) -%}{%- endfor -%}
    {%- endfor -%}
    {%- for metric, subject in found %}
    select
        '{{ metric }}' as metric,
        '{{ subject }}' as subject
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
