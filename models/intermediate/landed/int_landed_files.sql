-- One select per source; `dbt compile -s int_landed_files` shows them. They are read without a staging model of each
-- source: the loader writes every ledger alike.
{% for source_name in var('lead_sources') %}
select
    file_id,
    '{{ source_name }}' as source_name,
    table_name,
    source_file,
    error,
    cast(byte_count as bigint) as byte_count,
    cast(row_count as bigint) as row_count,
    coalesce(may_delete, false) as may_delete,
    cast(loaded_at as timestamp) as loaded_at
from {{ source(source_name, 'landed_files') }}
{{ 'union all' if not loop.last }}
{% endfor %}
