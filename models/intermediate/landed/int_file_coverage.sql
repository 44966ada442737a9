{%- set lookups = [] -%}
{%- for table in landed_tables() if table.role == 'lookup' -%}
    {%- do lookups.append(table.source_name ~ '.' ~ table.name) -%}
{%- endfor -%}

with

files as (

    select
        *,
        source_name || '.' || table_name in ('{{ lookups | join("', '") }}') as is_lookup
    from {{ ref('int_landed_files') }}
    where error is null

),

unmapped_rows as (

    select * from {{ ref('int_unmapped_rows') }}

),

-- records of several mappings may come from the same row, and several records of one mapping too
bitmaps as (
    {% for table_name in contract_tables() %}
    select
        _file_id as file_id,
        {{ row_span('_source_row') }} as span,
        'used' as kind,
        {{ row_bitmap('_source_row') }} as row_bits
    from {{ ref('int_' ~ table_name ~ '_versioned') }}
    group by 1, 2
    union all
    {% endfor %}
    select
        file_id,
        {{ row_span('source_row') }} as span,
        kind,
        {{ row_bitmap('source_row') }} as row_bits
    from unmapped_rows
    group by 1, 2, 3
),

spans as (

    select
        file_id,
        span,
        {{ rows_in_bitmaps("case when kind = 'used' then row_bits end") }} as used_rows,
        {{ rows_in_bitmaps("case when kind = 'left_out' then row_bits end") }} as left_out_rows,
        {{ rows_in_bitmaps("case when kind = 'unreadable' then row_bits end") }} as unreadable_rows,
        {{ rows_in_bitmaps('row_bits') }} as covered_rows
    from bitmaps
    group by 1, 2

),

covered as (

    select
        file_id,
        sum(used_rows) as used_rows,
        sum(left_out_rows) as left_out_rows,
        sum(unreadable_rows) as unreadable_rows,
        sum(covered_rows) as covered_rows
    from spans
    group by 1

),

counted as (

    select
        files.file_id,
        files.source_name,
        files.table_name as raw_table,
        files.source_file,
        files.is_lookup,
        files.row_count as landed_rows,
        cast(coalesce(covered.used_rows, 0) as bigint) as used_rows,
        cast(coalesce(covered.left_out_rows, 0) as bigint) as left_out_rows,
        cast(coalesce(covered.unreadable_rows, 0) as bigint) as unreadable_rows,
        cast(coalesce(covered.covered_rows, 0) as bigint) as covered_rows
    from files
    left join covered on files.file_id = covered.file_id

),

final as (

    select
        file_id,
        source_name,
        raw_table,
        source_file,
        is_lookup,
        landed_rows,
        used_rows,
        left_out_rows,
        unreadable_rows,
        case when is_lookup then 0 else landed_rows - covered_rows end as unaccounted_rows,
        used_rows + left_out_rows + unreadable_rows - covered_rows as contradicted_rows
    from counted

)

select * from final
