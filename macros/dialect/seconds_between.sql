{# Whole elapsed seconds from one moment to another (floor; negative where the second comes first). #}
{% macro seconds_between(start, stop) %}{{ return(adapter.dispatch('seconds_between')(start, stop)) }}{% endmacro %}

{% macro default__seconds_between(start, stop) -%}
    cast(floor((epoch_us({{ stop }}) - epoch_us({{ start }})) / 1000000) as bigint)
{%- endmacro %}

{% macro spark__seconds_between(start, stop) -%}
    cast(floor((unix_micros({{ stop }}) - unix_micros({{ start }})) / 1000000) as bigint)
{%- endmacro %}

{# Microseconds from one moment to another, exact; negative where the second comes first. #}
{% macro microseconds_between(start, stop) %}{{ return(adapter.dispatch('microseconds_between')(start, stop)) }}{% endmacro %}

{% macro default__microseconds_between(start, stop) -%}
    (epoch_us({{ stop }}) - epoch_us({{ start }}))
{%- endmacro %}

{% macro spark__microseconds_between(start, stop) -%}
    (unix_micros({{ stop }}) - unix_micros({{ start }}))
{%- endmacro %}

{# The moment that lies so many microseconds after another. #}
{% macro add_microseconds(moment, microseconds) %}{{ return(adapter.dispatch('add_microseconds')(moment, microseconds)) }}{% endmacro %}

{% macro default__add_microseconds(moment, microseconds) -%}
    make_timestamp(epoch_us({{ moment }}) + {{ microseconds }})
{%- endmacro %}

{% macro spark__add_microseconds(moment, microseconds) -%}
    timestamp_micros(unix_micros({{ moment }}) + {{ microseconds }})
{%- endmacro %}

{# Whole elapsed days (of 24 hours): the day number on which the second moment falls, counted from 0 at the first. #}
{% macro elapsed_days(start, stop) -%}
    cast(floor({{ seconds_between(start, stop) }} / 86400.0) as bigint)
{%- endmacro %}
