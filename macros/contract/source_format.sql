{# How a source writes numbers and moments.

   Declared as `meta.format` of a source, a table or a column in models/staging/<source>/_<source>__sources.yml, or under
   the same name (`acme`, `acme.sales`, `acme.sales.price`) in the var `source_formats`, which overrides the yml of that
   name. A column overrides its table, a table its source.

   decimal_mark       '.' or ','
   thousands_mark     '.', ',', ' ' (any blank) or "'"; by default whichever of '.' and ',' is not the decimal mark.
                      A declared '.' makes ',' the decimal mark, and the reverse.
   currency_signs     texts around an amount, besides signs such as € and codes such as EUR or R$: [kr, zł]
   share_unit         share (0.125) or percent (12.5); a text with a % sign is a percentage in any case
   duration_unit      microseconds, milliseconds, seconds, minutes, hours or days
   time_zone          IANA zone of moments that carry no offset
   timestamp_formats  strptime formats, excel_days, epoch_seconds, epoch_milliseconds, epoch_microseconds; tried in order
                      after ISO 8601
   date_formats       the same for dates; an epoch is the day in UTC
   id_format          text, or salesforce: columns of the contract that end in _id hold one id in 15 or in 18 characters
   null_words         texts that mean "no value", exactly as written, beside those that do everywhere (null_words())

   Where neither mark is declared, a raw column that allows one reading alone is read so (macros/contract/read_numbers.sql);
   the same holds for share_unit. #}
{% macro source_format(source_name, table_name=none, column_name=none) %}
    {{ return(merged_format(declared_formats(source_name, table_name, column_name))) }}
{% endmacro %}

{% macro merged_format(declared_formats) %}
    {% set format = {
        'decimal_mark': none,
        'thousands_mark': none,
        'currency_signs': [],
        'share_unit': none,
        'duration_unit': 'seconds',
        'time_zone': 'UTC',
        'timestamp_formats': [],
        'date_formats': [],
        'null_words': [],
        'id_format': 'text',
    } %}
    {% for declared in declared_formats %}
        {% do assert_format_is_valid(declared.name, declared.format, format.keys() | list) %}
        {#- one mark implies the other: a mark that was declared further up no longer holds -#}
        {% if 'decimal_mark' in declared.format or 'thousands_mark' in declared.format %}
            {% do format.update({'decimal_mark': none, 'thousands_mark': none}) %}
        {% endif %}
        {% do format.update(declared.format) %}
    {% endfor %}
    {% do format.update({
        'has_marks': format.decimal_mark is not none or format.thousands_mark is not none,
        'has_share_unit': format.share_unit is not none,
        'share_unit': format.share_unit or 'share',
    }) %}
    {% if format.decimal_mark is none %}
        {% do format.update({'decimal_mark': ',' if format.thousands_mark == '.' else '.'}) %}
    {% endif %}
    {% if format.thousands_mark is none %}
        {% do format.update({'thousands_mark': ',' if format.decimal_mark == '.' else '.'}) %}
    {% endif %}
    {{ return(format) }}
{% endmacro %}

{# Formats in the order in which they override each other, each with the name that it is declared under. #}
{% macro declared_formats(source_name, table_name=none, column_name=none) %}
    {% set table = declared_source(source_name, table_name) %}
    {% set in_source = declared_source(source_name).get('source_meta', {}).get('format', {}) %}
    {% set levels = [(source_name, in_source)] %}
    {% if table_name is not none %}
        {% set in_table = table.get('config', {}).get('meta', {}).get('format', {}) %}
        {#- dbt gives a table that declares no format the one of its source -#}
        {% do levels.append((source_name ~ '.' ~ table_name, in_table if in_table != in_source else {})) %}
    {% endif %}
    {% if column_name is not none %}
        {% set column = table.get('columns', {}).get(column_name, {}) %}
        {% set in_column = column.get('config', {}).get('meta', {}).get('format', {}) %}
        {% do levels.append((source_name ~ '.' ~ table_name ~ '.' ~ column_name, in_column)) %}
    {% endif %}
    {% set declared = [] %}
    {% for name, in_yml in levels %}
        {% for format in [in_yml, var('source_formats').get(name, {})] if format %}
            {% do declared.append({'name': name, 'format': format}) %}
        {% endfor %}
    {% endfor %}
    {{ return(declared) }}
{% endmacro %}

{# A raw table (any, where none is named) as the source's yml declares it; empty while dbt parses, when its graph is not
   there yet, and in unit tests, which have none. #}
{% macro declared_source(source_name, table_name=none) %}
    {% for table in graph.get('sources', {}).values()
        if table.source_name == source_name and table_name in [none, table.name] %}
        {{ return(table) }}
    {% endfor %}
    {{ return({}) }}
{% endmacro %}

{% macro assert_format_is_valid(name, format, settings) %}
    {% for setting in format if setting not in settings %}
        {{ exceptions.raise_compiler_error(
            "The format of " ~ name ~ ": " ~ setting ~ " is not a setting; there are: " ~ settings | join(', ')
        ) }}
    {% endfor %}
    {% set accepted = {
        'decimal_mark': ['.', ','],
        'thousands_mark': ['.', ',', ' ', "'"],
        'share_unit': ['share', 'percent'],
        'duration_unit': seconds_of_units().keys() | list,
        'id_format': ['text', 'salesforce'],
    } %}
    {% for setting, values in accepted.items() if setting in format and format[setting] not in values %}
        {{ exceptions.raise_compiler_error(
            "The format of " ~ name ~ ": " ~ setting ~ " is " ~ format[setting] ~ ", not one of: " ~ values | join('  ')
        ) }}
    {% endfor %}
    {% if format.get('decimal_mark', '') == format.get('thousands_mark') %}
        {{ exceptions.raise_compiler_error(
            "The format of " ~ name ~ ": " ~ format.decimal_mark ~ " cannot be both decimal_mark and thousands_mark."
        ) }}
    {% endif %}
    {% set words = ['excel_days'] + epochs().keys() | list %}
    {% for text in format.get('timestamp_formats', []) + format.get('date_formats', [])
        if text not in words and ('%' not in text or '%Z' in text) %}
        {{ exceptions.raise_compiler_error(
            "The format of " ~ name ~ ": '" ~ text ~ "' is neither a strptime format nor one of: " ~ words | join(', ')
            ~ ". A zone by name (%Z) cannot be read: declare time_zone instead, or read an offset (%z)."
        ) }}
    {% endfor %}
{% endmacro %}

{# The format of an expression over raw columns: that of the columns that it names, else of the tables that the model
   reads. `settings`, where given, override those of the source instead.

   table_names  tables of the source that the model reads #}
{% macro format_of_expression(source_name, table_names, expression, data_type, settings=none) %}
    {% if settings is not none %}
        {% set declared = declared_formats(source_name) + [{'name': expression, 'format': settings}] %}
        {{ return(merged_format(declared)) }}
    {% endif %}
    {% set words = modules.re.findall('[a-z_][a-z0-9_]*', modules.re.sub("'[^']*'", '', expression | lower)) %}
    {% set of_columns = [] %}
    {% for table_name in table_names %}
        {% for column_name in words if has_column(source_name, table_name, column_name) %}
            {% do of_columns.append(source_format(source_name, table_name, column_name)) %}
        {% endfor %}
    {% endfor %}
    {% set formats = of_columns %}
    {% if not of_columns %}
        {% for table_name in table_names %}{% do formats.append(source_format(source_name, table_name)) %}{% endfor %}
    {% endif %}
    {% set format = formats[0] if formats else source_format(source_name) %}
    {% for other in formats
        if (other.null_words != format.null_words if data_type == 'string' else other != format) %}
        {{ exceptions.raise_compiler_error(
            "The columns of `" ~ expression ~ "` are written in several formats; give the format that holds to the macro "
            ~ "conform: formats={'<column of the contract>': {'decimal_mark': ',', ...}}."
        ) }}
    {% endfor %}
    {{ return(format) }}
{% endmacro %}

{% macro has_column(source_name, table_name, column_name) %}
    {% set table = declared_source(source_name, table_name) %}
    {{ return(
        column_name in table.get('columns', {})
        or source_name ~ '.' ~ table_name ~ '.' ~ column_name in var('source_formats')
    ) }}
{% endmacro %}
