-- One select per raw table that is exported whole; `dbt compile -s int_whole_exports` shows them. dbt knows which these
-- are only after it parsed; in its graph the ledgers of the sources stand for them.
{% set no_records = left_out_by_loader() %}
with

landed_files as (

    select * from {{ ref('int_landed_files') }} where error is null

),

-- any record that such an export lacks may be in a line that could not be read
unreadable_files as (
    {% for table in landed_tables() if table.load == 'whole_export' %}
    select distinct _file_id as file_id
    from {{ source(table.source_name, table.name) }}
    where _load_error is not null and _load_error not in {{ no_records }}
    {{ 'union all' if not loop.last }}
    {% else %}
    select cast(null as string) as file_id where false
    {% endfor %}
),

exports as (
    {% for table in landed_tables() if table.load == 'whole_export' %}
    select
        *,
        '{{ table.source_name }}.{{ table.name }}' as raw_table
    from landed_files
    where source_name = '{{ table.source_name }}' and table_name = '{{ table.name }}'
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        *,
        cast(null as string) as raw_table
    from landed_files
    where false
    {% endfor %}
),

-- an export that was loaded after a pinned as_of was not known yet
final as (

    select
        exports.file_id,
        exports.raw_table,
        exports.source_file,
        row_number() over (
            partition by exports.raw_table order by exports.loaded_at, exports.source_file
        ) as export_number,
        exports.may_delete and unreadable_files.file_id is null and {{ is_known('exports.loaded_at') }} as may_delete,
        exports.loaded_at
    from exports
    left join unreadable_files on exports.file_id = unreadable_files.file_id

)

select * from final
