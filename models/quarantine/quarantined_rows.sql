-- One select per contract table and source that maps it; `dbt compile -s quarantined_rows` shows them written out.
{% set mappings = [] %}
{% for table_name in contract_tables() %}
{% for source_name in sources_of(table_name) %}{% do mappings.append([table_name, source_name]) %}{% endfor %}
{% endfor %}

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

-- the few rows that could not pass find their text; the text of the others is never read
quarantined as (
    {% for table_name, source_name in mappings %}
    select
        '{{ table_name }}' as contract_table,
        versions.source_system,
        '{{ source_name }}' as source_name,
        versions._reason as reason,
        versions._source_file as source_file,
        versions._source_row as source_row,
        coalesce(landed._raw_text, {{ landed_text('landed._raw_row') }}) as raw_text,
        versions._file_id as file_id,
        versions._loaded_at as loaded_at
    from {{ ref('int_' ~ table_name ~ '_versioned') }} as versions
    inner join {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }} as landed
        on versions._file_id = landed._file_id and versions._source_row = landed._source_row
    where versions._outcome = 'quarantined'
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (

    select
        quarantined.contract_table,
        quarantined.source_system,
        quarantined.source_name,
        quarantined.reason,
        quarantined.source_file,
        quarantined.source_row,
        quarantined.raw_text,
        replaced_files.file_id is not null as is_replaced,
        quarantined.file_id,
        quarantined.loaded_at
    from quarantined
    left join replaced_files on quarantined.file_id = replaced_files.file_id

)

select * from final
