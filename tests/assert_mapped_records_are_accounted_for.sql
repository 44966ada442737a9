-- Every record that a mapping makes is staged, superseded, deleted or quarantined, once; and what is quarantined, or
-- could not be read, is in the quarantine with its file, row and part.
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
        'unreadable rows' as contract_table,
        file_id,
        unreadable_rows as records
    from {{ ref('int_file_coverage') }}
    where unreadable_rows > 0
),

outcomes as (

    select
        contract_table,
        file_id,
        staged_rows + superseded_rows + deleted_rows + quarantined_rows as records,
        quarantined_rows
    from {{ ref('int_file_outcomes') }}
    union all
    select
        'unreadable rows' as contract_table,
        file_id,
        unreadable_rows as records,
        unreadable_rows as quarantined_rows
    from {{ ref('int_file_coverage') }}
    where unreadable_rows > 0

),

in_quarantine as (

    select
        coalesce(contract_table, 'unreadable rows') as contract_table,
        file_id,
        count(*) as records
    from {{ ref('quarantined_rows') }}
    group by 1, 2

),

counts as (

    select
        contract_table,
        file_id,
        records as mapped,
        0 as with_outcome,
        0 as quarantined,
        0 as in_quarantine
    from mapped
    union all
    select
        contract_table,
        file_id,
        0 as mapped,
        records as with_outcome,
        quarantined_rows as quarantined,
        0 as in_quarantine
    from outcomes
    union all
    select
        contract_table,
        file_id,
        0 as mapped,
        0 as with_outcome,
        0 as quarantined,
        records as in_quarantine
    from in_quarantine

),

compared as (

    select
        contract_table,
        file_id,
        sum(mapped) as mapped,
        sum(with_outcome) as with_outcome,
        sum(quarantined) as quarantined,
        sum(in_quarantine) as in_quarantine
    from counts
    group by 1, 2

),

messages as (

    select
        compared.contract_table || ' from '
        || coalesce(files.source_name || '.' || files.table_name || ', file ' || files.source_file, 'an unknown file')
        || ': '
        || case
            when compared.mapped != compared.with_outcome
                then
                    'the mapping gives ' || compared.mapped || ' records, and ' || compared.with_outcome
                    || ' are staged, superseded, deleted or quarantined. Correct int_' || compared.contract_table
                    || '_versioned.'
            else
                compared.quarantined || ' are quarantined, and quarantined_rows has ' || compared.in_quarantine
                || '. Correct quarantined_rows.'
        end as message
    from compared
    left join {{ ref('int_landed_files') }} as files on compared.file_id = files.file_id
    where compared.mapped != compared.with_outcome or compared.quarantined != compared.in_quarantine

)

select count(*) as files
from messages
having {{ stop_where('count(*) > 0', dbt.listagg('message', 'chr(10)', 'order by message')) }}
