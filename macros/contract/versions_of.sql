{# All landed rows of a canonical table over the sources that are on, each with what became of it.

   _outcome  staged       the version in force of its record
             superseded   an earlier version: order is the version column, moment of loading, file, row
             quarantined  cannot pass, or says something else about the same version in the same file (the last row
                          of the file stands); _reason says why #}
{% macro versions_of(table_name) %}
    {%- set sources = sources_of(table_name) -%}
    {%- for source_name in sources -%}
        {#- keeps the dependency while dbt parses, when the contract is not readable yet -#}
        {%- do ref('stg_' ~ source_name ~ '__' ~ table_name) -%}
    {%- endfor -%}
    {%- set contract = contract(table_name) -%}
    {%- if contract is none -%} {{ return('select 1 as parsing') }} {%- endif -%}
    {%- set version = contract.version_column or 'cast(null as timestamp)' -%}

with

landed as (
    {% for source_name in sources %}
    select
        {{ contract.columns | join(',\n        ') }},
        _problem,
        _nulled_columns,
        _file_id,
        _source_file,
        _source_row,
        _loaded_at
    from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        {%- for name, column in contract.columns.items() %}
        cast(null as {{ column.type }}) as {{ name }},
        {%- endfor %}
        cast(null as string) as _problem,
        cast(null as string) as _nulled_columns,
        cast(null as string) as _file_id,
        cast(null as string) as _source_file,
        cast(null as bigint) as _source_row,
        cast(null as timestamp) as _loaded_at
    where false
    {% endfor %}
),

ranked as (

    select
        *,
        row_number() over (
            partition by _problem is null, source_system, {{ contract.key | join(', ') }}
            order by {{ version }} desc nulls last, _loaded_at desc, _source_file desc, _source_row desc
        ) as _recency,
        lag(_file_id) over (
            partition by _problem is null, source_system, {{ contract.key | join(', ') }}
            order by {{ version }} desc nulls last, _loaded_at desc, _source_file desc, _source_row desc
        ) = _file_id
        and lag({{ version }}) over (
            partition by _problem is null, source_system, {{ contract.key | join(', ') }}
            order by {{ version }} desc nulls last, _loaded_at desc, _source_file desc, _source_row desc
        ) is not distinct from {{ version }} as _is_repeated_version
    from landed

),

final as (

    select
        {{ contract.columns | join(',\n        ') }},
        case
            when _problem is not null then 'quarantined'
            when _recency = 1 then 'staged'
            when _is_repeated_version then 'quarantined'
            else 'superseded'
        end as _outcome,
        case
            when _problem is not null then _problem
            when _recency > 1 and _is_repeated_version
                then 'a later row of the same file has the same key ({{ contract.key | join(", ") }})'
        end as _reason,
        _nulled_columns,
        _file_id,
        _source_file,
        _source_row,
        _loaded_at
    from ranked

)

select * from final
{% endmacro %}
