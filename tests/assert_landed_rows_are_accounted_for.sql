-- Every landed row became a record of a mapping, is left out by its source, or could not be read; none is two of these.
-- Rows are looked up only in files whose counts do not tally. `dbt compile -s assert_landed_rows_are_accounted_for`
-- shows the selects per table.
with files as (

    select * from {{ ref('int_file_coverage') }}
    where unaccounted_rows != 0 or contradicted_rows != 0

),

landed as (
    {% for table in landed_tables() %}
    select
        _file_id as file_id,
        _source_row as source_row
    from {{ source(table.source_name, table.name) }}
    semi join files on _file_id = files.file_id
    {{ 'union all' if not loop.last }}
    {% else %}
    select 1 as parsing
    {% endfor %}
),

used as (
    {% for table_name in contract_tables() %}
    select
        _file_id as file_id,
        _source_row as source_row
    from {{ ref('int_' ~ table_name ~ '_versioned') }}
    semi join files on _file_id = files.file_id
    {{ 'union' if not loop.last }}
    {% endfor %}
),

unmapped as (

    select
        unmapped_rows.file_id,
        unmapped_rows.source_row
    from {{ ref('int_unmapped_rows') }} as unmapped_rows
    semi join files on unmapped_rows.file_id = files.file_id

),

faulty_rows as (

    select
        landed.file_id,
        landed.source_row,
        'no mapping takes them' as fault
    from landed
    anti join used on landed.file_id = used.file_id and landed.source_row = used.source_row
    anti join unmapped on landed.file_id = unmapped.file_id and landed.source_row = unmapped.source_row

    union all

    select
        used.file_id,
        used.source_row,
        'left_out names them, and a mapping takes them' as fault
    from used
    semi join unmapped on used.file_id = unmapped.file_id and used.source_row = unmapped.source_row

    union all

    select
        used.file_id,
        used.source_row,
        'a mapping says that it took them, and they are not in the file' as fault
    from used
    anti join landed on used.file_id = landed.file_id and used.source_row = landed.source_row

),

numbered as (

    select
        *,
        row_number() over (partition by file_id, fault order by source_row) as position
    from faulty_rows

),

faults as (

    select
        file_id,
        fault,
        case when count(*) = 1 then '1 row' else count(*) || ' rows' end as row_count,
        concat_ws(
            ', '
            {%- for position in range(1, 6) %},
            max(case when position = {{ position }} then cast(source_row as string) end)
            {%- endfor %},
            max(case when position = 6 then '...' end)
        ) as some_rows
    from numbered
    group by 1, 2

),

-- a file without a faulty row has not the rows that the loader counted
messages as (

    select
        files.source_name || '.' || files.raw_table || ', file ' || files.source_file || ': '
        || coalesce(
            faults.row_count || ' (' || faults.some_rows || '): ' || faults.fault || '. '
            || case
                when faults.fault = 'no mapping takes them'
                    then
                        'Map them in models/staging/' || files.source_name || '/, or declare in its yml what they are: '
                        || '`left_out: [{reason: ..., when: ...}]`, or `role: lookup` for the table.'
                else
                    'Correct the mapping in models/staging/' || files.source_name || '/, or `left_out` in its yml.'
            end,
            files.landed_rows || ' rows were loaded, and ' || (files.landed_rows - files.unaccounted_rows)
            || ' are there. Run `funnel doctor`.'
        ) as message
    from files
    left join faults on files.file_id = faults.file_id

),

first_messages as (

    select
        message,
        row_number() over (order by message) as position
    from messages

)

select count(*) as faults
from first_messages
having {{ stop_where(
    'count(*) > 0',
    dbt.listagg('case when position <= 5 then message end', 'chr(10)', 'order by message')
    ~ " || case when count(*) > 5 then chr(10) || 'and ' || (count(*) - 5) || ' more' else '' end"
) }}
