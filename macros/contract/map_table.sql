{# A mapping of one raw table to the canonical table that the model is named for (`stg_<source>__<table>`); `columns` as in
   `conform`. #}
{% macro map_table(raw_table, columns=none) %}
with

source as (

    select * from {{ raw_table }}

),

{{ conform(columns) }}

select * from conformed
{% endmacro %}
