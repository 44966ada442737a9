{# What a landed row is, as its _load_error, that is no record and is not meant to be one
   (orchestration/ingestion/margins.py): it counts as left out, and any other _load_error as unreadable. #}
{% macro left_out_by_loader() -%} ('title line', 'footer line', 'message of a loader') {%- endmacro %}
