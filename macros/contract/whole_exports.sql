{# Deletions by whole exports: what the newest file of a raw table with `load: whole_export` no longer holds.

   A record is looked for by its key in the contract, over all that the mapping makes of the raw table: one that the mapping
   no longer makes of a row that is still there is gone as well. A record of several raw tables is deleted where the table
   of its version in force lacks it. #}

{# True where a raw table of these sources is exported whole; the SQL of all others stays as it is without deletions. #}
{% macro has_whole_exports(source_names) %}
    {{ return(
        landed_tables() | selectattr('load', 'equalto', 'whole_export')
        | selectattr('source_name', 'in', source_names) | list | length > 0
    ) }}
{% endmacro %}

{# CTE `deletions`: the records that a whole export deleted, by raw table and key, with the file of the first export that
   lacks them. A row that is quarantined holds its record too; rows without a key hold none. #}
{% macro whole_export_deletions(table_name, key) %}
exports as (

    select * from {{ ref('int_whole_exports') }}

),

held as (

    select
        exports.raw_table,
        {%- for column in key %}
        landed.{{ column }},
        {%- endfor %}
        max(exports.export_number) as last_number
    from ({{ landed_rows(table_name) }}) as landed
    inner join exports on landed._file_id = exports.file_id
    group by exports.raw_table{% for column in key %}, landed.{{ column }}{% endfor %}

),

deletions as (

    select
        held.raw_table,
        {%- for column in key %}
        held.{{ column }},
        {%- endfor %}
        min_by(exports.file_id, exports.export_number) as deleted_by
    from held
    inner join exports on held.raw_table = exports.raw_table and held.last_number < exports.export_number
    where exports.may_delete
    group by held.raw_table{% for column in key %}, held.{{ column }}{% endfor %}

)
{%- endmacro %}

{# The landed rows of a canonical table, each with the whole export that deleted its record, if any. #}
{% macro rows_with_deletions(table_name, key) %}
    {%- if not has_whole_exports(sources_of(table_name)) %}
    select
        *,
        cast(null as string) as _deleted_by
    from ({{ landed_rows(table_name) }}) as landed
    {%- else %}
    select
        {%- for name in record_columns(contract(table_name)) %}
        {{ 'landed.is_deleted or deletions.deleted_by is not null as is_deleted' if name == 'is_deleted' else 'landed.' ~ name }},
        {%- endfor %}
        landed._problem,
        landed._nulled_columns,
        landed._file_id,
        landed._source_file,
        landed._source_row,
        landed._source_part,
        landed._loaded_at,
        deletions.deleted_by as _deleted_by
    from ({{ landed_rows(table_name) }}) as landed
    left join exports on landed._file_id = exports.file_id
    left join deletions
        on
            exports.raw_table = deletions.raw_table
            {%- for column in key %}
            and landed.{{ column }} is not distinct from deletions.{{ column }}
            {%- endfor %}
    {%- endif %}
{%- endmacro %}
