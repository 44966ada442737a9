{# One select per simple metric: the rows of its fact that count, each with what it adds. A segment that the fact is not
   cut by is null. #}
{% macro metric_members() %}
    {%- for name, found in simple_metrics().items() %}
    {%- set semantic_model = found.semantic_model %}
    {%- set measure = found.measure %}
    {%- set key = semantic_model.entities | selectattr('type', 'equalto', 'primary') | first %}
    {%- set person = semantic_model.entities | selectattr('name', 'equalto', 'person') | first %}
    {%- set time_name = measure.agg_time_dimension or semantic_model.defaults.agg_time_dimension %}
    {%- set time = semantic_model.dimensions | selectattr('name', 'equalto', time_name) | first %}
    select
        '{{ name }}' as metric,
        '{{ semantic_model.node_relation.alias }}' as member_table,
        {{ key.expr }} as member_key,
        {{ person.expr if person else 'cast(null as string)' }} as person_key,
        {%- for segment in segments() %}
        {{ segment if segment in shared_segments([semantic_model]) else 'cast(null as string)' }} as {{ segment }},
        {%- endfor %}
        {% if measure.agg == 'sum' -%}
        cast({{ measure.expr }} as decimal(18, 2)) as amount,
        {%- else -%}
        cast(1 as decimal(18, 2)) as amount,
        {%- endif %}
        {{ time.expr }} as member_date
    from {{ semantic_model.node_relation.relation_name }}
    where {{ measure.expr if measure.agg == 'sum_boolean' else measure.expr ~ ' is not null' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
