-- One select per contract table, and one per raw table; `dbt compile -s quarantined_rows` shows them written out.
with

landed_files as (

    select * from {{ ref('int_landed_files') }}

),

-- a file that was loaded again under its name, with another content, since
replaced_files as (

    select distinct files.file_id
    from landed_files as files
    where exists (
        select 1
        from landed_files as later
        where
            later.source_name = files.source_name
            and later.table_name = files.table_name
            and later.source_file = files.source_file
            and later.error is null
            and later.loaded_at > files.loaded_at
    )

),

quarantined as (
    {% for table_name in contract_tables() %}
    select
        '{{ table_name }}' as contract_table,
        source_system,
        _reason as reason,
        _file_id as file_id,
        _source_row as source_row,
        _source_part as source_part
    from {{ ref('int_' ~ table_name ~ '_versioned') }}
    where _outcome = 'quarantined'
    union all
    {% endfor %}
    select
        cast(null as string) as contract_table,
        cast(null as string) as source_system,
        reason,
        file_id,
        source_row,
        cast(null as string) as source_part
    from {{ ref('int_unmapped_rows') }}
    where kind = 'unreadable'
),

-- the few rows that could not pass find their text; the text of the others is never read
texts as (
    {% for table in landed_tables() %}
    select
        _file_id as file_id,
        _source_row as source_row,
        coalesce(_raw_text, {{ landed_text(row_struct('landed')) }}) as raw_text
    from {{ source(table.source_name, table.name) }} as landed
    semi join quarantined on landed._file_id = quarantined.file_id and landed._source_row = quarantined.source_row
    {{ 'union all' if not loop.last }}
    {% else %}
    select 1 as parsing
    {% endfor %}
),

final as (

    select
        quarantined.contract_table,
        coalesce(quarantined.source_system, landed_files.source_name) as source_system,
        landed_files.source_name,
        landed_files.table_name as raw_table,
        quarantined.reason,
        landed_files.source_file,
        quarantined.source_row,
        quarantined.source_part,
        texts.raw_text,
        replaced_files.file_id is not null as is_replaced,
        quarantined.file_id,
        landed_files.loaded_at
    from quarantined
    left join landed_files on quarantined.file_id = landed_files.file_id
    left join texts on quarantined.file_id = texts.file_id and quarantined.source_row = texts.source_row
    left join replaced_files on quarantined.file_id = replaced_files.file_id

)

select * from final
