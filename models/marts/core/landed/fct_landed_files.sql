with

landed_files as (

    select * from {{ ref('int_landed_files') }}

),

outcomes as (

    select * from {{ ref('int_file_outcomes') }}

),

coverage as (

    select * from {{ ref('int_file_coverage') }}

),

-- a file that no mapping took records from still shows, with zeros
final as (

    select
        {{ surrogate_key(['landed_files.file_id', "coalesce(outcomes.contract_table, '')"]) }} as landed_file_key,
        landed_files.file_id,
        landed_files.source_name,
        landed_files.table_name as raw_table,
        outcomes.contract_table,
        landed_files.source_file,
        landed_files.error,
        landed_files.byte_count,
        landed_files.row_count as landed_rows,
        coalesce(coverage.used_rows, 0) as used_rows,
        coalesce(coverage.left_out_rows, 0) as left_out_rows,
        coalesce(coverage.unreadable_rows, 0) as unreadable_rows,
        cast(coalesce(outcomes.staged_rows, 0) as bigint) as staged_rows,
        cast(coalesce(outcomes.superseded_rows, 0) as bigint) as superseded_rows,
        cast(coalesce(outcomes.deleted_rows, 0) as bigint) as deleted_rows,
        cast(coalesce(outcomes.quarantined_rows, 0) as bigint) as quarantined_rows,
        cast(coalesce(outcomes.nulled_rows, 0) as bigint) as nulled_rows,
        coalesce(coverage.is_lookup, false) as is_lookup,
        landed_files.loaded_at
    from landed_files
    left join outcomes on landed_files.file_id = outcomes.file_id
    left join coverage on landed_files.file_id = coverage.file_id

)

select * from final
