-- A row per declaration of a metric in dbt's graph; `dbt compile -s mart_metric_catalog` shows them written out, on
-- lines as long as their texts.
{%- set texts = {
    'metric': 'metric',
    'kind': 'metric_kind',
    'label': 'metric_label_en',
    'label_es': 'metric_label_es',
    'description': 'definition_en',
    'description_es': 'definition_es',
    'formula': 'formula',
    'unit': 'unit',
    'grain': 'grain',
    'owner': 'owner',
    'answered_by': 'answered_by',
    'numerator_metric': 'numerator_metric',
    'denominator_metric': 'denominator_metric',
    'provenance': 'provenance',
} %}
with

declared as (

    {%- for row in catalogue_rows() %}
    select
        {%- for name, column in texts.items() %}
        {% if row[name] %}{{ dbt.string_literal(dbt.escape_single_quotes(row[name])) }}
        {%- else %}cast(null as string)
        {%- endif %} as {{ column }},
        {%- endfor %}
        cast({{ row.version }} as int) as definition_version
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

benchmarks as (

    select * from {{ ref('dim_benchmarks') }}

),

final as (

    select
        {%- for column in texts.values() if column != 'provenance' %}
        declared.{{ column }},
        {%- endfor %}
        coalesce(declared.provenance, 'The specification of this project') as provenance,
        benchmarks.provenance as benchmark_provenance,
        declared.definition_version,
        benchmarks.low_value as benchmark_low,
        benchmarks.high_value as benchmark_high
    from declared
    left join benchmarks on declared.metric = benchmarks.metric

)

select * from final
