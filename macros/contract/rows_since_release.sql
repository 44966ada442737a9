{# The landed rows of a canonical table that say what no row of the release before said: of every record that a new file
   has, those whose content no older file has. A file that is exported again with the same rows adds none. A whole export
   speaks of the records that it deleted.

   Reads the CTE `new_files`. `spoken_at` is the moment that a row speaks of, `record_columns` make the record's key. #}
{% macro rows_since_release(table_name, spoken_at, record_columns, has_lead) %}
    {%- set versions = ref('int_' ~ table_name ~ '_versioned') -%}
    {%- set contract = contract(table_name) -%}
    {%- if contract is none -%} {{ return('select 1 as parsing') }} {%- endif -%}
    {%- set key = ['source_system'] + contract.key -%}
    select
        '{{ table_name }}' as contract_table,
        {{ surrogate_key(record_columns) }} as record_key,
        {% if has_lead %}{{ surrogate_key(['source_system', 'lead_id']) }}{% else %}cast(null as string){% endif %} as lead_key,
        cast({{ spoken_at }} as timestamp) as spoken_at
    from {{ versions }} as versions
    left join new_files on coalesce(versions._deleted_by, versions._file_id) = new_files.file_id
    semi join (
        select known.*
        from {{ versions }} as known
        semi join new_files on coalesce(known._deleted_by, known._file_id) = new_files.file_id
    ) as touched
        on
            {%- for column in key %}
            {{ 'and ' if not loop.first }}versions.{{ column }} is not distinct from touched.{{ column }}
            {%- endfor %}
    where versions._outcome in ('staged', 'superseded', 'deleted')
    group by {{ contract.columns | join(', ') }}
    having count(*) = count(new_files.file_id)
{% endmacro %}
