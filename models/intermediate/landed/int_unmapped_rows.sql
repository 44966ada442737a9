{{ config(materialized='view') }}

-- One select per raw table and kind; `dbt compile -s int_unmapped_rows` shows them. They read the raw tables and no
-- mapping: a mapping may filter, and some tables have none. dbt knows which raw tables there are only after it parsed;
-- in its graph the ledgers of the same sources stand for them.
-- depends_on: {{ ref('int_landed_files') }}
{% set no_records = left_out_by_loader() %}
{% set selects = [] %}
{% for table in landed_tables() %}
{% do selects.append((table, 'unreadable', [{'reason': '_load_error', 'when': '_load_error is not null'}])) %}
{% if table.left_out %}{% do selects.append((table, 'left_out', table.left_out)) %}{% endif %}
{% endfor %}

{% for table, kind, rows in selects %}
select
    {% if kind == 'unreadable' -%}
    case when _load_error in {{ no_records }} then 'left_out' else 'unreadable' end as kind,
    {%- else -%}
    '{{ kind }}' as kind,
    {%- endif %}
    case
        {%- for left_out in rows %}
        when {{ left_out.when }} then {{ left_out.reason if kind == 'unreadable' else sql_text(left_out.reason) }}
        {%- endfor %}
    end as reason,
    _file_id as file_id,
    cast(_source_row as bigint) as source_row
from {{ source(table.source_name, table.name) }}
where
    _load_error is {{ 'not null' if kind == 'unreadable' else 'null' }}
    and ({{ rows | map(attribute='when') | join(' or ') }})
{{ 'union all' if not loop.last }}
{% else %}
select 1 as parsing
{% endfor %}
