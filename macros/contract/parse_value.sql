{# SQL that turns landed text into a contract type, or into null where the text does not say such a value.

   The text is as text_or_null leaves it: trimmed, and null where it says that there is no value. A number keeps its sign
   and may carry a currency sign or code and well-formed thousands marks; anything that could be read two ways ("1,5"
   where the decimal mark is a point) is null. So is a moment that is neither ISO 8601 nor in a declared format: engines
   differ in what else they read (`now`, `12:30`), and a zone by name (`PST`) moves other rows on DuckDB.

   unit  what the contract measures the number in: share, seconds, or none; `address` is an e-mail address #}
{% macro parse_value(expression, data_type, format, unit=none) %}
    {%- if unit == 'address' -%} {{ normalised_email(expression) }}
    {%- elif data_type == 'string' -%} {{ expression }}
    {%- elif data_type == 'boolean' -%} {{ parse_boolean(expression) }}
    {%- elif unit == 'share' -%} {{ parse_share(expression, data_type, format) }}
    {%- elif unit == 'seconds' and format.duration_unit != 'seconds' -%} {{ parse_duration(expression, data_type, format) }}
    {%- elif data_type == 'bigint' -%} {{ parse_integer(expression, format) }}
    {%- elif data_type == 'double' -%} {{ parse_number(expression, 'double', format) }}
    {%- elif data_type == 'timestamp' -%} {{ parse_timestamp(expression, format) }}
    {%- elif data_type == 'date' -%} {{ parse_date(expression, format) }}
    {%- elif data_type.startswith('decimal') -%} {{ parse_number(expression, data_type, format) }}
    {%- else -%} {{ exceptions.raise_compiler_error("The contract has no type '" ~ data_type ~ "'.") }}
    {%- endif -%}
{% endmacro %}

{# A trimmed text, or null where it says that there is no value. Most texts begin otherwise, which costs next to nothing to
   see. The separator occurs in no text. #}
{% macro text_or_null(expression, format) -%}
    {%- set separator = '\u001f' -%}
    case
        {%- if format.null_words %}
        when {{ expression }} in ({% for word in format.null_words %}{{ sql_text(word) }}{{ ', ' if not loop.last }}{% endfor %}) then null
        {%- endif %}
        when {% for first, after in [('0', ':'), ('A', 'N'), ('O', 'U'), ('V', '['), ('a', 'n'), ('o', 'u'), ('v', '{')] -%}
            ({{ expression }} >= '{{ first }}' and {{ expression }} < '{{ after }}'){{ ' or ' if not loop.last }}
        {%- endfor %}
            then {{ expression }}
        when {{ expression }} in ('', chr(92) || 'N') then null
        when length({{ expression }}) > {{ null_words() | map('length') | max }} then {{ expression }}
        when instr('{{ separator ~ null_words() | join(separator) ~ separator }}', '{{ separator }}' || lower({{ expression }}) || '{{ separator }}') > 0 then null
        else {{ expression }}
    end
{%- endmacro %}

{# Texts that mean "no value" in every source. NA is none of them: it is Namibia, and North America. #}
{% macro null_words() %}
    {{ return([
        'null', '(null)', '<null>', '[null]', 'none', 'nil', 'nan', 'n/a', 'n.a.', '#n/a', '#n/d', '#null!', '#ref!', '#value!',
        '#name?', '#div/0!', 'undefined', '(blank)', '(empty)', '(not set)', '(en blanco)', '(vacío)', '(vacio)', '(leer)', '(vide)',
        '(vuoto)', '-', '--', '—', '–',
    ]) }}
{% endmacro %}

{% macro blank_to_null(expression) -%}
    nullif({{ trimmed(expression) }}, '')
{%- endmacro %}

{% macro parse_boolean(expression) -%}
    case
        when {{ expression }} in ('true', '1') then true
        when {{ expression }} in ('false', '0') then false
        when {{ normalised_word(expression) }} in (
            'true', 't', 'yes', 'y', '1', '1.0', '1,0', 'x', 'on', '✓', '✔', 'checked', 'verdadero', 'si', 's', 'v', 'verdadeiro', 'sim',
            'vero', 'vrai', 'oui', 'wahr', 'ja', 'j', 'waar'
        ) then true
        when {{ normalised_word(expression) }} in (
            'false', 'f', 'no', 'n', '0', '0.0', '0,0', 'off', '✗', '✘', 'unchecked', 'falso', 'nao', 'faux', 'non', 'falsch', 'nein', 'onwaar', 'nee'
        ) then false
    end
{%- endmacro %}

{# Most numbers need no more than a cast; taking a currency sign out of every one would take ten times as long. #}
{% macro parse_number(expression, data_type, format) -%}
    case
        when {{ full_match(expression, '-?[0-9]+([' ~ format.decimal_mark ~ '][0-9]+)?') }}
            then try_cast({{ "replace(" ~ expression ~ ", ',', '.')" if format.decimal_mark == ',' else expression }} as {{ data_type }})
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
        when {{ full_match(expression, '-?[0-9]+') }} then try_cast({{ expression }} as bigint)
        when {{ full_match(expression, plain_number_pattern('0+', format)) }}
            then try_cast(split_part({{ bare_number(expression, format) }}, '.', 1) as bigint)
        when {{ full_match(expression, scientific_number_pattern()) }} and {{ number }} = floor({{ number }})
            then try_cast({{ number }} as bigint)
    end
{%- endmacro %}

{# A percentage where it has the sign, or where the source writes shares so. #}
{% macro parse_share(expression, data_type, format) -%}
    {%- set without_sign = trimmed('substr(' ~ expression ~ ', 1, length(' ~ expression ~ ') - 1)') -%}
    case
        when right({{ expression }}, 1) = '%' then {{ parse_number(without_sign, data_type, format) }} / 100e0
        else {{ parse_number(expression, data_type, format) }}{{ ' / 100e0' if format.share_unit == 'percent' }}
    end
{%- endmacro %}

{% macro parse_duration(expression, data_type, format) -%}
    {%- set seconds = parse_number(expression, 'double', format) ~ ' * ' ~ seconds_of_units()[format.duration_unit] -%}
    cast({{ 'round(' ~ seconds ~ ')' if data_type == 'bigint' else seconds }} as {{ data_type }})
{%- endmacro %}

{% macro seconds_of_units() %}
    {{ return({
        'microseconds': '1e-6',
        'milliseconds': '1e-3',
        'seconds': '1e0',
        'minutes': '60e0',
        'hours': '3600e0',
        'days': '86400e0',
    }) }}
{% endmacro %}

{% macro plain_number_pattern(fraction, format) -%}
    {%- set blank = '[' ~ blanks() ~ ']?' -%}
    {%- set sign = '[' ~ currency_characters() ~ ']' -%}
    {%- set declared_signs = [] -%}
    {%- for text in format.currency_signs %}{% do declared_signs.append('|' ~ literal_pattern(text)) %}{% endfor -%}
    [-+]?([A-Z]{1,3}{{ declared_signs | join }})?{{ blank }}{{ sign }}?{{ blank }}[-+]?([0-9]+|[0-9]{1,3}([{{ group_characters(format) }}][0-9]{3})+)([{{ format.decimal_mark }}]{{ fraction }})?({{ blank }}({{ sign }}|[A-Z]{3}{{ declared_signs | join }}))?
{%- endmacro %}

{% macro scientific_number_pattern() -%}
    -?[0-9]+([.][0-9]+)?[eE][-+]?[0-9]+
{%- endmacro %}

{# A plain number without its currency and thousands marks, with a point as decimal mark. #}
{% macro bare_number(expression, format) -%}
    {%- set number = namespace(text=expression) -%}
    {%- for text in format.currency_signs %}{% set number.text = 'replace(' ~ number.text ~ ', ' ~ sql_text(text) ~ ", '')" %}{% endfor -%}
    replace(
        translate({{ number.text }}, '{{ blanks() }}{{ group_characters(format) }}{{ currency_characters() }}ABCDEFGHIJKLMNOPQRSTUVWXYZ', ''),
        '{{ format.decimal_mark }}',
        '.'
    )
{%- endmacro %}

{# The characters that the thousands mark stands for. An apostrophe comes by its code: engines differ in how a literal
   quotes it. #}
{% macro group_characters(format) -%}
    {%- set mark = format.thousands_mark -%}
    {{ {' ': blanks(), "'": "' || chr(39) || '\u2019"}.get(mark, mark) }}
{%- endmacro %}

{% macro currency_characters() -%}
    $€£¥₹₽₺₩₪₫₴₦฿₱₡₲
{%- endmacro %}

{# A regular expression that matches the text itself. #}
{% macro literal_pattern(text) -%}
    {%- for character in text %}{{ character if character.isalnum() else '[' ~ character ~ ']' }}{% endfor -%}
{%- endmacro %}

{% macro parse_timestamp(expression, format) -%}
    {{ moment_in(expression, format.timestamp_formats + format.date_formats, format.time_zone, iso=true) }}
{%- endmacro %}

{# The day of a moment whose text says no time of day, in the order of parse_timestamp; of another moment null. #}
{% macro parse_day(expression, format) -%}
    coalesce(
        case when {{ full_match(expression, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') }} then try_cast({{ expression }} as date) end
        {%- for day_format in format.timestamp_formats + format.date_formats %}
        {%- if day_format == 'excel_days' %},
        case when {{ full_match(expression, '[0-9]{5}') }}
            then cast({{ timestamp_of_excel_days(expression) }} as date) end
        {%- elif day_format not in epochs() and not modules.re.search('%-?[HIMSfpzXcT]', day_format) %},
        cast({{ local_timestamp(expression, day_format) }} as date)
        {%- endif %}
        {%- endfor %}
    )
{%- endmacro %}

{% macro parse_date(expression, format) -%}
    coalesce(
        case when {{ full_match(expression, '[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?') }}
            then try_cast(substr({{ expression }}, 1, 10) as date) end
        {%- if format.date_formats %},
        cast({{ moment_in(expression, format.date_formats, 'UTC', iso=false) }} as date)
        {%- endif %}
    )
{%- endmacro %}

{# Text -> UTC. What carries no offset is wall-clock time in the zone; formats hold in their order within each kind. #}
{% macro moment_in(expression, formats, time_zone, iso) -%}
    {%- set local = [local_iso_timestamp(expression)] if iso else [] -%}
    {%- set instants = [instant_with_offset(expression)] if iso else [] -%}
    {%- for format in formats -%}
        {%- if format in epochs() -%} {%- do instants.append(timestamp_of_epoch(expression, format)) -%}
        {%- elif format == 'excel_days' -%} {%- do local.append(timestamp_of_excel_days(expression)) -%}
        {%- elif '%z' in format -%} {%- do instants.append(instant_in_format(expression, format)) -%}
        {%- else -%} {%- do local.append(local_timestamp(expression, format)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if local -%} {%- do instants.insert(0, to_utc('coalesce(' ~ local | join(', ') ~ ')', time_zone)) -%} {%- endif -%}
    coalesce({{ instants | join(', ') }})
{%- endmacro %}

{# Units in which time since 1970 is counted: how many digits say a moment between 2001 and 2286, and the microseconds of
   one. By the digits, a moment in another unit is no moment, rather than a wrong one. #}
{% macro epochs() %}
    {{ return({
        'epoch_seconds': {'digits': '9,10', 'microseconds': '1e6'},
        'epoch_milliseconds': {'digits': '12,13', 'microseconds': '1e3'},
        'epoch_microseconds': {'digits': '15,16', 'microseconds': '1e0'},
    }) }}
{% endmacro %}

{% macro timestamp_of_epoch(expression, unit) -%}
    {%- set epoch = epochs()[unit] -%}
    case when {{ full_match(expression, '[0-9]{' ~ epoch.digits ~ '}([.,][0-9]+)?') }}
        then {{ timestamp_of_microseconds(decimal_point(expression) ~ ' * ' ~ epoch.microseconds) }} end
{%- endmacro %}

{# A spreadsheet's day 1 is 1899-12-31, and its fractions are exact to the millisecond. #}
{% macro timestamp_of_excel_days(expression) -%}
    case when {{ full_match(expression, '[0-9]{5}([.,][0-9]+)?') }}
        then {{ timestamp_of_microseconds('round((' ~ decimal_point(expression) ~ ' - 25569e0) * 86400e3) * 1e3') }} end
{%- endmacro %}

{% macro decimal_point(expression) -%}
    try_cast(replace({{ expression }}, ',', '.') as double)
{%- endmacro %}
