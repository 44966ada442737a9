{# True for a moment that was written when it happened, so that the data speaks for it: a done activity, the close of a won deal
   (that of a lost one is often the day on which it was expected), and whatever lies before its own load. #}
{% macro is_written(table_name, column) -%}
    {%- if table_name == 'activities' -%} {{ is_done_activity() }}
    {%- elif column == 'closed_at' -%} is_won and closed_at <= _loaded_at
    {%- else -%} {{ column }} <= _loaded_at
    {%- endif -%}
{%- endmacro %}
