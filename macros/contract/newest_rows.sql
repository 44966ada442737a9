{# A lookup to join: of each key the row that was landed last, by moment of loading, file and row. An export that lands again
   adds its lookups again; joined as they are, they would double every record.

   raw_table  source('<source>', '<table>'), declared with `meta.role: lookup`
   key        columns that the join compares #}
{% macro newest_rows(raw_table, key) -%}
    (
        select *
        from (
            select
                *,
                row_number() over (
                    partition by {{ key | join(', ') }}
                    order by _loaded_at desc, _source_file desc, _source_row desc
                ) as _recency
            from {{ raw_table }}
            where _load_error is null
        ) as numbered
        where _recency = 1
    )
{%- endmacro %}
