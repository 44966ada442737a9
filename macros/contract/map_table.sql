{# A mapping of one raw table to the canonical table that the model is named for (`stg_<source>__<table>`); `columns` and
   `formats` as in `conform`. #}
{% macro map_table(raw_table, columns=none, formats={}) %}
with

source as (

    select * from {{ raw_table }}

),

{{ conform(columns, formats) }}

select * from conformed
{% endmacro %}
