{# Numbers of a source that never declared how it writes them.

   "1.234" has two readings there, and "40" is a chance of 40 or of 0.4. Neither is guessed: the raw column as a whole decides,
   per source system, where all of it allows one reading alone (`1.5`, `0.234` or `1,234.50` somewhere: the point is the
   decimal mark). Otherwise the texts with two readings are null. What else the column holds is read as by default. #}

{# The raw column that decides for a canonical one: of an expression that is a column of the model's only raw table. #}
{% macro undecided_column(source_name, raw_tables, expression, format, column, is_raw) %}
    {%- set is_number = column.type in ['bigint', 'double'] or column.type.startswith('decimal') -%}
    {%- set is_undeclared = not format.has_marks or (column.unit == 'share' and not format.has_share_unit) -%}
    {{ return(
        is_number and is_undeclared and raw_tables | length == 1
        and (is_raw or has_column(source_name, raw_tables[0], expression))
    ) }}
{% endmacro %}

{# How each undecided column is written, by source system: a join for the CTE that reads them.

   system_column  raw column that says of which system a row is, where there is one, and its format
   columns        canonical column -> raw column #}
{% macro readings_of(source_name, raw_table, system_column, system_format, columns) -%}
    {%- set system -%}
        {%- if system_column -%} coalesce({{ text_or_null(trimmed('cast(' ~ system_column ~ ' as string)'), system_format) }}, '')
        {%- else -%} ''
        {%- endif -%}
    {%- endset %}
    left join (
        select
            {{ system }} as system,
            {%- for name, raw_column in columns.items() %}
            {{ decimal_mark_of('cast(' ~ raw_column ~ ' as string)') }} as {{ name }}_mark,
            {{ share_unit_of('cast(' ~ raw_column ~ ' as string)') }} as {{ name }}_unit{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ source(source_name, raw_table) }}
        group by 1
    ) as readings on {{ "coalesce(worded.source_system, '')" if system_column else "''" }} = readings.system
{%- endmacro %}

{# Aggregate: the decimal mark that all texts with a mark agree on; null where none tells, or two differ. #}
{% macro decimal_mark_of(expression) -%}
    {%- set with_point = 'bool_or(' ~ full_match(expression, tells_mark('.', ',')) ~ ')' -%}
    {%- set with_comma = 'bool_or(' ~ full_match(expression, tells_mark(',', '.')) ~ ')' -%}
    case
        when {{ with_point }} and not {{ with_comma }} then '.'
        when {{ with_comma }} and not {{ with_point }} then ','
    end
{%- endmacro %}

{# A number with one reading alone, in which `mark` is the decimal mark: it stands once, before other than three digits, or
   behind a 0 or four digits, or behind the other mark; or the other mark stands twice. #}
{% macro tells_mark(mark, other) -%}
    {%- set rest = '[^0-9.,]*' -%}
    [^.,]*[0-9][{{ mark }}]([0-9]{1,2}|[0-9]{4,}){{ rest }}|[^.,]*[0-9]{4}[{{ mark }}][0-9]{3}{{ rest }}|{{ rest }}0[{{ mark }}][0-9]{3}{{ rest }}|[^.,]*[0-9]{1,3}([{{ other }}][0-9]{3})+[{{ mark }}][0-9]+{{ rest }}|[^.,]*[0-9]{1,3}([{{ other }}][0-9]{3}){2,}{{ rest }}
{%- endmacro %}

{# Aggregate: percent where a plain number above 1 says so and none between 0 and 1 speaks against it; null where both do. #}
{% macro share_unit_of(expression) -%}
    {%- set number = 'abs(try_cast(replace(' ~ expression ~ ", ',', '.') as double))" -%}
    case
        when not coalesce(bool_or({{ number }} > 1), false) then 'share'
        when not coalesce(bool_or({{ number }} > 0 and {{ number }} < 1), false) then 'percent'
    end
{%- endmacro %}

{# The number of a text, read as its column is written. #}
{% macro read_number(expression, name, column, format) -%}
    {%- set text = expression -%}
    {%- if column.unit == 'share' and not format.has_share_unit -%}
    {%- set number = number_as_written(text, name, 'double', dict(format, share_unit='share'), none) -%}
    {%- set share -%}
    case
        when right({{ text }}, 1) = '%' then {{ number_as_written(trimmed('substr(' ~ text ~ ', 1, length(' ~ text ~ ') - 1)'), name, 'double', format, none) }} / 100e0
        when readings.{{ name }}_unit = 'share' or {{ number }} = 0 then {{ number }}
        when readings.{{ name }}_unit = 'percent' or {{ number }} > 1 then {{ number }} / 100e0
    end
    {%- endset -%}
    case when {{ share }} between 0 and 1 then {{ share }} end
    {%- else -%} {{ number_as_written(text, name, column.type, format, column.unit) }}
    {%- endif -%}
{%- endmacro %}

{% macro number_as_written(expression, name, data_type, format, unit) -%}
    {%- if format.has_marks -%} {{ parse_value(expression, data_type, format, unit) }}
    {%- else -%}
    case
        when {{ full_match(expression, '-?[0-9]+') }} then {{ parse_value(expression, data_type, format, unit) }}
        when readings.{{ name }}_mark = ','
            then {{ parse_value(expression, data_type, dict(format, decimal_mark=',', thousands_mark='.'), unit) }}
        when readings.{{ name }}_mark = '.' or not {{ full_match(expression, two_readings()) }}
            then {{ parse_value(expression, data_type, format, unit) }}
    end
    {%- endif -%}
{%- endmacro %}

{# One mark, one to three digits before it and three behind it. #}
{% macro two_readings() -%}
    [^0-9.,]*[1-9][0-9]{0,2}[.,][0-9]{3}[^0-9.,]*
{%- endmacro %}
