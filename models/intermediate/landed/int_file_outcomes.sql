with

outcomes as (
    {% for table_name in contract_tables() %}
    select
        '{{ table_name }}' as contract_table,
        _file_id as file_id,
        count(*) filter (where _outcome = 'staged') as staged_rows,
        count(*) filter (where _outcome = 'superseded') as superseded_rows,
        count(*) filter (where _outcome = 'deleted') as deleted_rows,
        count(*) filter (where _outcome = 'quarantined') as quarantined_rows,
        count(*) filter (where _nulled_columns is not null) as nulled_rows
    from {{ ref('int_' ~ table_name ~ '_versioned') }}
    group by 1, 2
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from outcomes
