{# Moments: every timestamp in the models is UTC and without a zone on DuckDB, an instant on Spark (session zone UTC). #}

{# Text with an offset or Z -> UTC. #}
{% macro instant_with_offset(expression) %}{{ return(adapter.dispatch('instant_with_offset')(expression)) }}{% endmacro %}

{% macro default__instant_with_offset(expression) -%}
    make_timestamp(epoch_us(try_cast({{ expression }} as timestamptz)))
{%- endmacro %}

{% macro spark__instant_with_offset(expression) -%}
    try_cast({{ expression }} as timestamp)
{%- endmacro %}

{# ISO 8601 text without an offset -> wall-clock time. #}
{% macro local_iso_timestamp(expression) -%}
    try_cast({{ expression }} as timestamp)
{%- endmacro %}

{# Text in one of the strptime formats -> wall-clock time. #}
{% macro local_timestamp(expression, formats) %}{{ return(adapter.dispatch('local_timestamp')(expression, formats)) }}{% endmacro %}

{% macro default__local_timestamp(expression, formats) -%}
    try_strptime({{ expression }}, ['{{ formats | join("', '") }}'])
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

{# The day on which a moment falls for everyone who reads a report: the only way from a timestamp to a date. #}
{% macro reporting_date(timestamp) -%}
    cast({{ from_utc(timestamp, var('reporting_time_zone')) }} as date)
{%- endmacro %}

{# The first moment of a reporting day, in UTC. #}
{% macro start_of_reporting_day(date) -%}
    {{ to_utc('cast(' ~ date ~ ' as timestamp)', var('reporting_time_zone')) }}
{%- endmacro %}
