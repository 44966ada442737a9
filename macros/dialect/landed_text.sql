{# A raw row as JSON text, as it was landed: without the columns that the loader added. #}
{% macro landed_text(row) %}{{ return(adapter.dispatch('landed_text')(row)) }}{% endmacro %}

{# a null in the patch takes the key out #}
{% macro default__landed_text(row) -%}
    {%- set added = [
        '_source_file', '_source_row', '_file_id', '_loaded_at', '_load_error', '_raw_text', '_dlt_load_id', '_dlt_id'
    ] -%}
    cast(json_merge_patch(to_json({{ row }}), '{"{{ added | join('": null, "') }}": null}') as string)
{%- endmacro %}
