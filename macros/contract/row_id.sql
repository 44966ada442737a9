{# Id for the rows of an export that has none: a hash of the columns that say the same when the row is exported again,
   and its number among the rows of its file that say so. A row that stands twice in a file stays twice; a file that is
   exported again supersedes its rows and does not double them. Where a mapping makes several records of a row, one of the
   columns has to be what tells them apart. #}
{% macro row_id(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns %}{% do texts.append("coalesce(" ~ column ~ ", '')") %}{% endfor -%}
    {{ surrogate_key(texts) }} || '-' || cast(
        row_number() over (partition by _file_id, {{ columns | join(', ') }} order by _source_row) as string
    )
{%- endmacro %}
