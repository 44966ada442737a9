{# CTE that takes a CTE named `source` (a source's ledger of files) to `renamed`. #}
{% macro landed_files(source_name) %}
renamed as (

    select
        file_id,
        '{{ source_name }}' as source_name,
        table_name,
        source_file,
        error,
        cast(byte_count as bigint) as byte_count,
        cast(row_count as bigint) as row_count,
        cast(loaded_at as timestamp) as loaded_at
    from source

)
{% endmacro %}
