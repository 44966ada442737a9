{# All records that the mappings of the sources that are on make of landed rows for a canonical table, each with its outcome.

   _outcome     staged       the version in force
                superseded   an earlier version: order is the version column, moment of loading, file, row, part; or one
                             that was written after a pinned as_of, where there is one from before it
                deleted      any version of a record whose version in force is deleted; a table that keeps deleted records
                             has them among the staged ones
                quarantined  cannot pass, or says something else about the same version in the same file (the last row
                             of the file, and its last part, stands); _reason says why
   is_deleted   the row says so, or a later whole export of its raw table lacks the record
   _deleted_by  the file of that export #}
{% macro versions_of(table_name) %}
    {%- set sources = sources_of(table_name) -%}
    {%- for source_name in sources -%}
        {#- keeps the dependency while dbt parses, when the contract is not readable yet -#}
        {%- do ref('stg_' ~ source_name ~ '__' ~ table_name) -%}
    {%- endfor -%}
    {%- do ref('int_whole_exports') -%}
    {%- set contract = contract(table_name) -%}
    {%- if contract is none -%} {{ return('select 1 as parsing') }} {%- endif -%}
    {%- set version = contract.version_column or 'cast(null as timestamp)' -%}
    {%- set key = ['source_system'] + contract.key -%}
    {%- set latest_first -%}
        partition by {{ key | join(', ') }}
        order by{% if contract.version_column and pinned_as_of() %} {{ is_known("coalesce(" ~ version ~ ", timestamp '1970-01-01 00:00:00')") }} desc,{% endif %} {{ version }} desc nulls last, _loaded_at desc, _source_file desc, _source_row desc, _source_part desc nulls last
    {%- endset -%}

with
{% if has_whole_exports(sources) %}
{{ whole_export_deletions(table_name, key) }},
{% endif %}
-- Few records land twice. Finding those by their keys alone, and ranking their rows alone, spares the sort of every
-- wide row of the table: 20 million activities take a third less time and a quarter of the memory.
repeated_keys as (

    select {{ key | join(', ') }}
    from ({{ landed_rows(table_name) }}) as landed
    group by {{ key | join(', ') }}
    having count(*) > 1

),

repeated as (

    select landed.*
    from ({{ rows_with_deletions(table_name, key) }}) as landed
    semi join repeated_keys
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}landed.{{ column }} is not distinct from repeated_keys.{{ column }}
            {%- endfor %}
    where landed._problem is null

),

ranked as (

    select
        {{ key | join(', ') }},
        _file_id,
        _source_row,
        _source_part,
        rank() over ({{ latest_first }}) as recency,
        lag(_file_id) over ({{ latest_first }}) = _file_id
        and lag({{ version }}) over ({{ latest_first }}) is not distinct from {{ version }} as is_repeated_version,
        lag(_source_row) over ({{ latest_first }}) = _source_row as is_of_same_row,
        coalesce(first_value(is_deleted) over ({{ latest_first }}), false) as is_of_deleted_record
    from repeated

),

-- Two records of a row that have the same key and part, which their mapping has to tell apart, rank the same: both are
-- staged, and the test of the key names them.
earlier as (

    select
        {{ key | join(', ') }},
        _file_id,
        _source_row,
        _source_part,
        bool_or(is_repeated_version) as is_repeated_version,
        bool_or(is_of_same_row) as is_of_same_row,
        bool_or(is_of_deleted_record) as is_of_deleted_record
    from ranked
    where recency > 1
    group by {{ key | join(', ') }}, _file_id, _source_row, _source_part

),

final as (

    select
        {%- for name in record_columns(contract) %}
        landed.{{ name }},
        {%- endfor %}
        case
            when landed._problem is not null then 'quarantined'
            {%- if contract.keeps_deleted %}
            when earlier._file_id is null then 'staged'
            when earlier.is_repeated_version then 'quarantined'
            {%- else %}
            when earlier._file_id is null and landed.is_deleted then 'deleted'
            when earlier._file_id is null then 'staged'
            when earlier.is_repeated_version then 'quarantined'
            when earlier.is_of_deleted_record then 'deleted'
            {%- endif %}
            else 'superseded'
        end as _outcome,
        case
            when landed._problem is not null then landed._problem
            when earlier.is_repeated_version and earlier.is_of_same_row
                then 'another part of the same row has the same key ({{ contract.key | join(", ") }})'
            when earlier.is_repeated_version
                then 'a later row of the same file has the same key ({{ contract.key | join(", ") }})'
        end as _reason,
        landed._nulled_columns,
        landed._deleted_by,
        landed._file_id,
        landed._source_file,
        landed._source_row,
        landed._source_part,
        landed._loaded_at
    from ({{ rows_with_deletions(table_name, key) }}) as landed
    left join earlier
        on
            landed._file_id = earlier._file_id
            and landed._source_row = earlier._source_row
            and landed._source_part is not distinct from earlier._source_part
            {%- for column in key %}
            and landed.{{ column }} is not distinct from earlier.{{ column }}
            {%- endfor %}

)

select * from final
{% endmacro %}

{# The records of a canonical table over the sources that are on. A subquery and not a CTE: an engine that keeps what
   a CTE gives, to read it again, would hold the whole table in memory. #}
{% macro landed_rows(table_name) -%}
    {%- set contract = contract(table_name) -%}
    {%- for source_name in sources_of(table_name) %}
    select
        {{ record_columns(contract) | join(',\n        ') }},
        _problem,
        _nulled_columns,
        _file_id,
        _source_file,
        _source_row,
        _source_part,
        _loaded_at
    from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        {%- for name, column in contract.columns.items() %}
        cast(null as {{ column.type }}) as {{ name }},
        {%- endfor %}
        {%- for day in day_columns(contract).values() %}
        cast(null as date) as {{ day }},
        {%- endfor %}
        cast(null as string) as _problem,
        cast(null as string) as _nulled_columns,
        cast(null as string) as _file_id,
        cast(null as string) as _source_file,
        cast(null as bigint) as _source_row,
        cast(null as string) as _source_part,
        cast(null as timestamp) as _loaded_at
    where false
    {%- endfor %}
{%- endmacro %}
