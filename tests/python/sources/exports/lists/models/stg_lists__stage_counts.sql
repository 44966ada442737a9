{% set row = '_file_id, _source_file, _source_row, _loaded_at, _load_error' %}
with source as (

    select 'lead' as stage, day, channel, '1' as entries, null as total, {{ row }}
    from {{ source('lists', 'form_entries') }}
    union all
    select 'mql' as stage, day, channel, '1' as entries, null as total, {{ row }}
    from {{ source('lists', 'qualified') }}
    union all
    select 'customer' as stage, day, channel, sold as entries, total, {{ row }}
    from {{ source('lists', 'sales') }}

),

{{ conform({
    'count_date': 'day',
    'stage': 'stage',
    'channel': 'channel',
    'entry_id': row_id(['stage', 'day', 'channel']),
    'entry_count': 'entries',
    'amount': 'total',
    'currency': "case when total is not null then 'EUR' end",
}) }}

select * from conformed
