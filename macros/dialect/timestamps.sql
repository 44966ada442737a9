{# Moments: every timestamp in the models is UTC and without a zone on DuckDB, an instant on Spark (session zone UTC). #}

{# ISO 8601 text with an offset, Z or UTC -> UTC; other text -> null. The cast must never see another zone by name: on
   DuckDB 1.5.5 it then moves the rows that follow. DuckDB reads an offset only behind seconds. #}
{% macro instant_with_offset(expression) -%}
    {%- set day_pattern = '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}' -%}
    {%- set offset_pattern = '(Z| UTC|[-+][0-9]{2}(:?[0-9]{2})?)' -%}
    case
        when {{ full_match(expression, day_pattern ~ minute_pattern() ~ ':[0-5][0-9]([.][0-9]+)?' ~ offset_pattern) }}
            then {{ cast_to_instant(expression) }}
        when {{ full_match(expression, '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}' ~ offset_pattern) }}
            then {{ cast_to_instant('substr(' ~ expression ~ ", 1, 16) || ':00' || substr(" ~ expression ~ ', 17)') }}
    end
{%- endmacro %}

{% macro cast_to_instant(expression) %}{{ return(adapter.dispatch('cast_to_instant')(expression)) }}{% endmacro %}

{% macro default__cast_to_instant(expression) -%}
    make_timestamp(epoch_us(try_cast({{ expression }} as timestamptz)))
{%- endmacro %}

{% macro spark__cast_to_instant(expression) -%}
    try_cast({{ expression }} as timestamp)
{%- endmacro %}

{# ISO 8601 text without an offset -> wall-clock time; other text -> null. #}
{% macro local_iso_timestamp(expression) -%}
    {%- set time_pattern = minute_pattern() ~ '(:[0-5][0-9]([.][0-9]+)?)?' -%}
    case
        when {{ full_match(expression, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(' ~ time_pattern ~ ')?') }}
            then try_cast({{ expression }} as timestamp)
    end
{%- endmacro %}

{% macro minute_pattern() -%}
    [T ]([01]?[0-9]|2[0-3]):[0-5][0-9]
{%- endmacro %}

{# Text in a strptime format without an offset -> wall-clock time. #}
{% macro local_timestamp(expression, format) %}{{ return(adapter.dispatch('local_timestamp')(expression, format)) }}{% endmacro %}

{# whatever the format, DuckDB reads `epoch` and `infinity` as 1900 #}
{% macro default__local_timestamp(expression, format) -%}
    case when {{ full_match(expression, '.*[0-9].*') }} then try_strptime({{ expression }}, {{ sql_text(format) }}) end
{%- endmacro %}

{% macro spark__local_timestamp(expression, format) -%}
    try_to_timestamp({{ expression }}, {{ sql_text(java_format(format)) }})
{%- endmacro %}

{# Text in a strptime format with an offset (%z) -> UTC. #}
{% macro instant_in_format(expression, format) %}{{ return(adapter.dispatch('instant_in_format')(expression, format)) }}{% endmacro %}

{% macro default__instant_in_format(expression, format) -%}
    make_timestamp(epoch_us({{ default__local_timestamp(expression, format) }}))
{%- endmacro %}

{% macro spark__instant_in_format(expression, format) -%}
    {{ spark__local_timestamp(expression, format) }}
{%- endmacro %}

{# A strptime format in Java's letters. #}
{% macro java_format(format) %}
    {% set letters = {
        'Y': 'yyyy', 'y': 'yy', 'm': 'M', 'B': 'MMMM', 'b': 'MMM', 'd': 'd', 'j': 'D', 'A': 'EEEE', 'a': 'E', 'H': 'H',
        'I': 'h', 'M': 'm', 'S': 's', 'f': 'SSSSSS', 'p': 'a', 'z': 'xx', '%': '%',
    } %}
    {% set parts = [] %}
    {% for directive, text in modules.re.findall('%-?(.)|([^%]+)', format) %}
        {% if directive and directive not in letters %}
            {{ exceptions.raise_compiler_error("Spark cannot read the directive %" ~ directive ~ " of '" ~ format ~ "'.") }}
        {% endif %}
        {% do parts.append(letters[directive] if directive else modules.re.sub('([A-Za-z]+)', "'\\1'", text)) %}
    {% endfor %}
    {{ return(parts | join) }}
{% endmacro %}

{# Microseconds since 1970, as a double -> UTC. #}
{% macro timestamp_of_microseconds(expression) %}{{ return(adapter.dispatch('timestamp_of_microseconds')(expression)) }}{% endmacro %}

{% macro default__timestamp_of_microseconds(expression) -%}
    make_timestamp(cast(round({{ expression }}) as bigint))
{%- endmacro %}

{% macro spark__timestamp_of_microseconds(expression) -%}
    timestamp_micros(cast(round({{ expression }}) as bigint))
{%- endmacro %}

{# Wall-clock time in the zone -> UTC. In the hour that a clock repeats, the first one is meant. #}
{% macro to_utc(timestamp, time_zone) %}{{ return(adapter.dispatch('to_utc')(timestamp, time_zone)) }}{% endmacro %}

{% macro default__to_utc(timestamp, time_zone) -%}
    {%- if time_zone == 'UTC' -%} {{ timestamp }}
    {%- else -%} {{ default__zoned_to_utc(timestamp, "'" ~ time_zone ~ "'") }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__to_utc(timestamp, time_zone) -%}
    to_utc_timestamp({{ timestamp }}, '{{ time_zone }}')
{%- endmacro %}

{# UTC -> wall-clock time in the zone. #}
{% macro from_utc(timestamp, time_zone) %}{{ return(adapter.dispatch('from_utc')(timestamp, time_zone)) }}{% endmacro %}

{% macro default__from_utc(timestamp, time_zone) -%}
    {%- if time_zone == 'UTC' -%} {{ timestamp }}
    {%- else -%} timezone('{{ time_zone }}', timezone('UTC', {{ timestamp }}))
    {%- endif -%}
{%- endmacro %}

{% macro spark__from_utc(timestamp, time_zone) -%}
    from_utc_timestamp({{ timestamp }}, '{{ time_zone }}')
{%- endmacro %}

{# Wall-clock time in the zone that a column names -> UTC. In the hour that a clock repeats, the first one is meant; a time
   that a clock jumps over is read by the offset before the jump. #}
{% macro zoned_to_utc(timestamp, zone_column) %}{{ return(adapter.dispatch('zoned_to_utc')(timestamp, zone_column)) }}{% endmacro %}

{# DuckDB means the second one. The offset of six hours before gives the first one, where that reads the same. #}
{% macro default__zoned_to_utc(timestamp, zone_column) -%}
    {%- set later = "timezone('UTC', timezone(" ~ zone_column ~ ", " ~ timestamp ~ "))" -%}
    {%- set before = "(" ~ later ~ " - interval '6 hours')" -%}
    {%- set first = "(" ~ timestamp ~ " - (" ~ zoned_from_utc(before, zone_column) ~ " - " ~ before ~ "))" -%}
    case when {{ zoned_from_utc(first, zone_column) }} = {{ timestamp }} then {{ first }} else {{ later }} end
{%- endmacro %}

{% macro spark__zoned_to_utc(timestamp, zone_column) -%}
    to_utc_timestamp({{ timestamp }}, {{ zone_column }})
{%- endmacro %}

{# UTC -> wall-clock time in the zone that a column names. #}
{% macro zoned_from_utc(timestamp, zone_column) %}{{ return(adapter.dispatch('zoned_from_utc')(timestamp, zone_column)) }}{% endmacro %}

{% macro default__zoned_from_utc(timestamp, zone_column) -%}
    timezone({{ zone_column }}, timezone('UTC', {{ timestamp }}))
{%- endmacro %}

{% macro spark__zoned_from_utc(timestamp, zone_column) -%}
    from_utc_timestamp({{ timestamp }}, {{ zone_column }})
{%- endmacro %}

{% macro reporting_time_zone() %}{{ return(var('reporting_time_zone') or 'UTC') }}{% endmacro %}

{# The day on which a moment falls for everyone who reads a report: the only way from a timestamp to a date. #}
{% macro reporting_date(timestamp) -%}
    cast({{ from_utc(timestamp, reporting_time_zone()) }} as date)
{%- endmacro %}

{# The first moment of a reporting day, in UTC. #}
{% macro start_of_reporting_day(date) -%}
    {{ to_utc('cast(' ~ date ~ ' as timestamp)', reporting_time_zone()) }}
{%- endmacro %}
