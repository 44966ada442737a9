{# The quarantined rows of a canonical table, with the text as it was landed. #}
{% macro quarantine_of(table_name) %}
with

quarantined as (

    select * from {{ ref('int_' ~ table_name ~ '_versioned') }} where _outcome = 'quarantined'

),

final as (
    {% for source_name in sources_of(table_name) %}
    select
        quarantined.source_system,
        '{{ source_name }}' as source_name,
        quarantined._reason as reason,
        quarantined._source_file as source_file,
        quarantined._source_row as source_row,
        coalesce(landed._raw_text, {{ to_json_text('landed._raw_row') }}) as raw_text,
        quarantined._file_id as file_id,
        quarantined._loaded_at as loaded_at
    from quarantined
    inner join {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }} as landed
        on quarantined._file_id = landed._file_id and quarantined._source_row = landed._source_row
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        source_system,
        cast(null as string) as source_name,
        _reason as reason,
        _source_file as source_file,
        _source_row as source_row,
        cast(null as string) as raw_text,
        _file_id as file_id,
        _loaded_at as loaded_at
    from quarantined
    {% endfor %}
)

select * from final
{% endmacro %}
