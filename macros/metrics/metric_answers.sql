{# One select per metric of the catalogue that is a count, sum or ratio and that a mart answers too: the months of that mart.
   The declaration (meta) names the column in `answered_by`, or in `compared_with` where that one is cut otherwise, and in
   `answered_where` the rows. A mart that is not cut by segments has the whole. #}
{% macro metric_answers() %}
    {%- set found = [] -%}
    {%- for metric in catalogued_metrics(['simple', 'ratio']) %}
    {%- set column = metric.config.meta.compared_with or metric.config.meta.answered_by %}
    {%- if column %}{% do found.append([metric.name, column.split('.'), metric.config.meta.answered_where or 'true']) %}{% endif %}
    {%- endfor %}
    {%- for metric, (mart, column), rows in found %}
    {%- set columns = (graph.nodes.values() | selectattr('name', 'equalto', mart) | first).columns %}
    select
        '{{ metric }}' as metric,
        {{ 'period_start_date' if 'period_start_date' in columns else 'month_start_date as period_start_date' }},
        {{ 'segment_type' if 'segment_type' in columns else "'all' as segment_type" }},
        {{ 'segment_value' if 'segment_value' in columns else "'all' as segment_value" }},
        cast({{ column }} as double) as mart_value
    from {{ ref(mart) }}
    where {{ column }} is not null{{ " and period_type = 'month'" if 'period_type' in columns }} and {{ rows }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
