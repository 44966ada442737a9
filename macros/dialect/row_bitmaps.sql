{# Sets of row numbers as bitmaps, of the rows within one span of 4,096. Counting distinct rows takes a fifth of the time of
   count(distinct) with them (docs/decisions/0024-coverage-of-landed-rows.md), and a small file needs only one short bitmap. #}

{# The span that a row number lies in, by its first number. #}
{% macro row_span(row_number) -%}
    {{ row_number }} - {{ row_number }} % 4096
{%- endmacro %}

{# Aggregate: the set of row numbers, which all lie in one span. #}
{% macro row_bitmap(row_number) %}{{ return(adapter.dispatch('row_bitmap')(row_number)) }}{% endmacro %}

{% macro default__row_bitmap(row_number) -%}
    bitstring_agg({{ row_number }} % 4096, 0, 4095)
{%- endmacro %}

{% macro spark__row_bitmap(row_number) -%}
    bitmap_construct_agg({{ row_number }} % 4096)
{%- endmacro %}

{# Aggregate: how many rows are in at least one of the sets. #}
{% macro rows_in_bitmaps(bitmaps) %}{{ return(adapter.dispatch('rows_in_bitmaps')(bitmaps)) }}{% endmacro %}

{% macro default__rows_in_bitmaps(bitmaps) -%}
    bit_count(bit_or({{ bitmaps }}))
{%- endmacro %}

{% macro spark__rows_in_bitmaps(bitmaps) -%}
    bitmap_count(bitmap_or_agg({{ bitmaps }}))
{%- endmacro %}
