{# One select per part of a metric (`metric_parts`): which simple metrics a metric is made of, and what it may be cut by. #}
{% macro metric_part_rows() %}
    {%- for part in metric_parts() %}
    select
        '{{ part.metric }}' as metric,
        '{{ part.name }}' as part,
        '{{ part.role }}' as role,
        '{{ part.unit }}' as unit,
        {{ part.is_ratio }} as is_ratio,
        {{ part.rests_on_costs }} as rests_on_costs,
        '{{ part.cut_by | join(";") }}' as cut_by
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
