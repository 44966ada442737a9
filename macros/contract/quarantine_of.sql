{# The quarantined rows of a canonical table, with the text as it was landed. #}
{% macro quarantine_of(table_name) %}
with

quarantined as (

    select * from {{ ref('int_' ~ table_name ~ '_versioned') }} where _outcome = 'quarantined'

),

-- a file that was loaded again under its name, with another content, since
replaced_files as (

    select distinct files.file_id
    from {{ ref('int_landed_files') }} as files
    where exists (
        select 1
        from {{ ref('int_landed_files') }} as later
        where
            later.source_name = files.source_name
            and later.table_name = files.table_name
            and later.source_file = files.source_file
            and later.error is null
            and later.loaded_at > files.loaded_at
    )

),

final as (
    {% for source_name in sources_of(table_name) %}
    select
        quarantined.source_system,
        '{{ source_name }}' as source_name,
        quarantined._reason as reason,
        quarantined._source_file as source_file,
        quarantined._source_row as source_row,
        coalesce(landed._raw_text, {{ landed_text('landed._raw_row') }}) as raw_text,
        replaced_files.file_id is not null as is_replaced,
        quarantined._file_id as file_id,
        quarantined._loaded_at as loaded_at
    from quarantined
    inner join {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }} as landed
        on quarantined._file_id = landed._file_id and quarantined._source_row = landed._source_row
    left join replaced_files on quarantined._file_id = replaced_files.file_id
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        source_system,
        cast(null as string) as source_name,
        _reason as reason,
        _source_file as source_file,
        _source_row as source_row,
        cast(null as string) as raw_text,
        false as is_replaced,
        _file_id as file_id,
        _loaded_at as loaded_at
    from quarantined
    {% endfor %}
)

select * from final
{% endmacro %}
