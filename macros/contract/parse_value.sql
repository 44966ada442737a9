{# SQL that turns landed text into a contract type, or into null where the text does not say such a value.

   The text is as blank_to_null leaves it: trimmed, and null where blank. A number keeps its sign and may carry a currency sign or code and well-formed
   thousands marks; anything that could be read two ways ("1,5" where the decimal mark is a point) is null. #}
{% macro parse_value(expression, data_type, format) %}
    {%- if data_type == 'string' -%} {{ expression }}
    {%- elif data_type == 'boolean' -%} {{ parse_boolean(expression) }}
    {%- elif data_type == 'bigint' -%} {{ parse_integer(expression, format) }}
    {%- elif data_type == 'double' -%} {{ parse_number(expression, 'double', format) }}
    {%- elif data_type == 'timestamp' -%} {{ parse_timestamp(expression, format) }}
    {%- elif data_type == 'date' -%} {{ parse_date(expression, format) }}
    {%- elif data_type.startswith('decimal') -%} {{ parse_number(expression, data_type, format) }}
    {%- else -%} {{ exceptions.raise_compiler_error("The contract has no type '" ~ data_type ~ "'.") }}
    {%- endif -%}
{% endmacro %}

{% macro blank_to_null(expression) -%}
    nullif(trim({{ expression }}), '')
{%- endmacro %}

{% macro parse_boolean(expression) -%}
    case
        when lower({{ expression }}) in ('true', 't', 'yes', 'y', '1', 'si', 'sí', 's') then true
        when lower({{ expression }}) in ('false', 'f', 'no', 'n', '0') then false
    end
{%- endmacro %}

{% macro parse_number(expression, data_type, format) -%}
    {%- set decimal_mark = format.decimal_mark -%}
    {%- set group_mark = ',' if decimal_mark == '.' else '.' -%}
    {%- set decimal_pattern = '[' ~ decimal_mark ~ ']' -%}
    {%- set group_pattern = '[' ~ group_mark ~ ']' -%}
    {%- set number_pattern = '([0-9]+|[0-9]{1,3}(' ~ group_pattern ~ '[0-9]{3})+)(' ~ decimal_pattern ~ '[0-9]+)?' -%}
    {%- set sign_pattern = '[-+]?[A-Z]{0,3} ?[$€£¥]? ?[-+]?' -%}
    case
        when {{ full_match(expression, sign_pattern ~ number_pattern ~ '( ?([$€£¥]|[A-Z]{3}))?') }}
            then try_cast(
                replace(translate({{ expression }}, ' {{ group_mark }}$€£¥ABCDEFGHIJKLMNOPQRSTUVWXYZ', ''), '{{ decimal_mark }}', '.')
                as {{ data_type }}
            )
        when {{ full_match(expression, '-?[0-9]+([.][0-9]+)?[eE][-+]?[0-9]+') }}
            then try_cast(try_cast({{ expression }} as double) as {{ data_type }})
    end
{%- endmacro %}

{% macro parse_integer(expression, format) -%}
    {%- set number = parse_number(expression, 'decimal(38, 6)', format) -%}
    case when ({{ number }}) = floor({{ number }}) then try_cast({{ number }} as bigint) end
{%- endmacro %}

{% macro parse_timestamp(expression, format) -%}
    {%- set formats = format.timestamp_formats + format.date_formats -%}
    {%- if format.time_zone == 'UTC' and not formats -%}
    {#- the session's zone is UTC, so one cast reads text with and without an offset -#}
    {{ instant_with_offset(expression) }}
    {%- else -%}
    case
        when {{ full_match(expression, '.*[0-9]:[0-9]{2}.*([zZ]|[-+][0-9]{2}(:?[0-9]{2})?)') }}
            then {{ instant_with_offset(expression) }}
        else {{ to_utc('coalesce(' ~ ([local_iso_timestamp(expression)]
            + ([local_timestamp(expression, formats)] if formats else [])) | join(', ') ~ ')', format.time_zone) }}
    end
    {%- endif -%}
{%- endmacro %}

{% macro parse_date(expression, format) -%}
    coalesce(
        case when {{ full_match(expression, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?') }}
            then try_cast(substr({{ expression }}, 1, 10) as date) end
        {%- if format.date_formats %},
        cast({{ local_timestamp(expression, format.date_formats) }} as date)
        {%- endif %}
    )
{%- endmacro %}
