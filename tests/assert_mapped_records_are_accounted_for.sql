-- Every record that a mapping makes is staged, superseded or quarantined, once; and what is quarantined, or could not be
-- read, is found in the quarantine with its file, row and part.
with mapped as (
    {% for table_name in contract_tables() %}
    {% for source_name in sources_of(table_name) %}
    select
        '{{ table_name }}' as contract_table,
        _file_id as file_id,
        count(*) as records
    from {{ ref('stg_' ~ source_name ~ '__' ~ table_name) }}
    group by 1, 2
    union all
    {% endfor %}
    {% endfor %}
    select
        'unreadable' as contract_table,
        file_id,
        count(*) as records
    from {{ ref('int_unmapped_rows') }}
    where kind = 'unreadable'
    group by 1, 2
),

quarantined as (

    select
        coalesce(contract_table, 'unreadable') as contract_table,
        file_id,
        count(*) as found_rows
    from {{ ref('quarantined_rows') }}
    group by 1, 2

),

outcomes as (

    select
        contract_table,
        file_id,
        staged_rows + superseded_rows + quarantined_rows as records,
        quarantined_rows
    from {{ ref('int_file_outcomes') }}
    union all
    select
        'unreadable' as contract_table,
        file_id,
        unreadable_rows as records,
        unreadable_rows as quarantined_rows
    from {{ ref('int_file_coverage') }}
    where unreadable_rows > 0

),

compared as (

    select
        coalesce(mapped.contract_table, outcomes.contract_table, quarantined.contract_table) as contract_table,
        coalesce(mapped.file_id, outcomes.file_id, quarantined.file_id) as file_id,
        coalesce(mapped.records, 0) as mapped_records,
        coalesce(outcomes.records, 0) as records_with_outcome,
        coalesce(outcomes.quarantined_rows, 0) as quarantined_records,
        coalesce(quarantined.found_rows, 0) as rows_in_quarantine
    from mapped
    full outer join outcomes
        on mapped.contract_table = outcomes.contract_table and mapped.file_id = outcomes.file_id
    full outer join quarantined
        on
            outcomes.contract_table = quarantined.contract_table
            and outcomes.file_id = quarantined.file_id

)

select
    compared.contract_table,
    files.source_name || '.' || files.table_name as raw_table,
    files.source_file,
    compared.mapped_records,
    compared.records_with_outcome,
    compared.quarantined_records,
    compared.rows_in_quarantine
from compared
left join {{ ref('int_landed_files') }} as files on compared.file_id = files.file_id
where
    compared.mapped_records != compared.records_with_outcome
    or compared.quarantined_records != compared.rows_in_quarantine
