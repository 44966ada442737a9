with

landed_files as (
    {% for source_name in var('lead_sources') %}
    select * from {{ ref('stg_' ~ source_name ~ '__landed_files') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from landed_files
