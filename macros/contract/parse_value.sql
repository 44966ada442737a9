{# SQL that turns landed text into a contract type, or into null where the text does not say such a value.

   The text is as blank_to_null leaves it: trimmed, and null where blank. A number keeps its sign and may carry a
   currency sign or code and well-formed thousands marks; anything that could be read two ways ("1,5" where the decimal
   mark is a point) is null. #}
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
    case
        when {{ full_match(expression, plain_number_pattern('[0-9]+', format)) }}
            then try_cast({{ bare_number(expression, format) }} as {{ data_type }})
        when {{ full_match(expression, scientific_number_pattern()) }}
            then try_cast(try_cast({{ expression }} as double) as {{ data_type }})
    end
{%- endmacro %}

{# By its digits: through a wide decimal it would take ten times as long. #}
{% macro parse_integer(expression, format) -%}
    {%- set number = 'try_cast(' ~ expression ~ ' as double)' -%}
    case
        when {{ full_match(expression, plain_number_pattern('0+', format)) }}
            then try_cast(split_part({{ bare_number(expression, format) }}, '.', 1) as bigint)
        when {{ full_match(expression, scientific_number_pattern()) }} and {{ number }} = floor({{ number }})
            then try_cast({{ number }} as bigint)
    end
{%- endmacro %}

{% macro plain_number_pattern(fraction, format) -%}
    {%- set decimal_pattern = '[' ~ format.decimal_mark ~ ']' -%}
    {%- set group_pattern = '[' ~ group_mark(format) ~ ']' -%}
    [-+]?[A-Z]{0,3} ?[$€£¥]? ?[-+]?([0-9]+|[0-9]{1,3}({{ group_pattern }}[0-9]{3})+)({{ decimal_pattern }}{{ fraction }})?( ?([$€£¥]|[A-Z]{3}))?
{%- endmacro %}

{% macro scientific_number_pattern() -%}
    -?[0-9]+([.][0-9]+)?[eE][-+]?[0-9]+
{%- endmacro %}

{# A plain number without its currency and thousands marks, with a point as decimal mark. #}
{% macro bare_number(expression, format) -%}
    replace(
        translate({{ expression }}, ' {{ group_mark(format) }}$€£¥ABCDEFGHIJKLMNOPQRSTUVWXYZ', ''),
        '{{ format.decimal_mark }}',
        '.'
    )
{%- endmacro %}

{% macro group_mark(format) -%}
    {{ ',' if format.decimal_mark == '.' else '.' }}
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
