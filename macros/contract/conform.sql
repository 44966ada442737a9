{# CTEs that take a CTE named `source` (one raw table) to `conformed`: the canonical table, typed and judged. The name of the
   model, `stg_<source>__<table>`, says which table, and whose formats and words hold; the model is on where its source is.

   columns  canonical column -> SQL expression over the raw columns (text); what is left out is null.
            None = the raw columns have the contract's names already.
   formats  canonical column -> settings of macros/contract/source_format.sql that hold instead of those declared for
            the raw columns: for an expression that computes a value, or names columns of several formats
   part     SQL expression that tells the records of one landed row apart, where the mapping makes several of a row

   `source` is any SQL over the source's raw tables. Each of its rows becomes one record, and keeps the columns that say
   from which landed row it comes: _file_id, _source_file, _source_row, _loaded_at and _load_error of that row.
   Rows that the loader could not read (_load_error) go to the quarantine without a mapping (int_unmapped_rows).

   A timestamp whose text gives no more than a day keeps it in a column beside it (`closed_day` beside `closed_at`); its
   moment lies in that day (moment_of_day).

   Besides the contract's columns, `conformed` has where the record came from (_file_id, _source_file, _source_row,
   _source_part, _loaded_at), _problem (why the record cannot pass, null where it can) and _nulled_columns (optional
   columns whose text could not be read). #}
{% macro conform(columns=none, formats={}, part='null') %}
    {#- a unit test has a name of its own -#}
    {%- set model_id = model.get('tested_node_unique_id', model.unique_id) -%}
    {%- set source_name, table_name = model_id.split('.')[-1].removeprefix('stg_').split('__', 1) -%}
    {{- config(enabled=source_is_on(source_name)) -}}
    {#- keeps the dependency while dbt parses, when the contract is not readable yet -#}
    {%- do ref('word_aliases') -%}
    {%- set contract = contract(table_name) -%}
    {%- if contract is none -%} {{ return('conformed as (select 1 as parsing)') }} {%- endif -%}
    {%- set expressions = columns if columns is not none else dict(zip(contract.columns, contract.columns)) -%}
    {%- for name in expressions if name not in contract.columns -%}
        {{ exceptions.raise_compiler_error("The contract's table " ~ table_name ~ " has no column '" ~ name ~ "'.") }}
    {%- endfor -%}
    {%- for name, column in contract.columns.items() if column.required and name not in expressions -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ " does not map '" ~ name ~ "', which the contract's table " ~ table_name ~ " requires of every row."
        ) }}
    {%- endfor -%}
    {%- for name, expression in expressions.items() if expression | string | trim | lower in sql_keywords() -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ " maps '" ~ name ~ "' to " ~ expression ~ ", a keyword of SQL. If it is a column of the export, quote it: "
            ~ "'" ~ name ~ "': '" ~ '"' ~ expression | trim | lower ~ '"' ~ "'."
        ) }}
    {%- endfor -%}
    {%- set day_of = day_columns(contract) -%}
    {%- set raw_tables = model.sources | selectattr(0, 'equalto', source_name) | map('last') | list -%}
    {%- set format_of = {} -%}
    {%- for name, column in contract.columns.items() -%}
        {%- do format_of.update({name: format_of_expression(
            source_name, raw_tables, expressions.get(name, 'null'), column.type, formats.get(name)
        )}) -%}
    {%- endfor -%}
    {%- for place, words in words_of(source_name).items() if place.split('.')[0] == table_name -%}
        {%- set name = place.split('.')[1] -%}
        {%- if name not in expressions -%}
            {{ exceptions.raise_compiler_error(source_name ~ " has words for " ~ place ~ ", a column that it does not map.") }}
        {%- endif -%}
        {%- do expressions.update({name: translated(expressions[name], words)}) -%}
    {%- endfor -%}
    {%- set undecided = {} -%}
    {%- for name, column in contract.columns.items()
        if undecided_column(
            source_name, raw_tables, expressions.get(name, 'null'), format_of[name], column, columns is none
        ) -%}
        {%- do undecided.update({name: expressions[name]}) -%}
    {%- endfor %}

renamed as (

    select
        {%- for name in contract.columns %}
        {{ trimmed('cast(' ~ expressions.get(name, 'null') ~ ' as string)') }} as {{ name }},
        {%- endfor %}
        _file_id,
        _source_file,
        cast(_source_row as bigint) as _source_row,
        cast({{ part }} as string) as _source_part,
        cast(_loaded_at as timestamp) as _loaded_at
    from source
    where _load_error is null

),

texts as (

    select
        {%- for name in contract.columns %}
        {{ text_or_null(name, format_of[name]) }} as {{ name }},
        {%- endfor %}
        _file_id,
        _source_file,
        _source_row,
        _source_part,
        _loaded_at
    from renamed

),

worded as (

    select
        {%- for name, column in contract.columns.items() %}
        {{ canonical_word(name) ~ ' as ' ~ name if column.vocabulary else name }},
        {%- endfor %}
        _file_id,
        _source_file,
        _source_row,
        _source_part,
        _loaded_at
    from texts

),

-- reads each text once; what follows judges the value beside its text
parsed as (

    select
        {%- for name, column in contract.columns.items() %}
        {%- if name == 'source_system' %}
        coalesce(source_system, '{{ source_name }}') as source_system,
        {%- elif name in undecided %}
        {{ read_number('worded.' ~ name, name, column, format_of[name]) }} as {{ name }},
        {%- elif name.endswith('_id') and format_of[name].id_format == 'salesforce' %}
        {{ salesforce_id('worded.' ~ name) }} as {{ name }},
        {%- elif column.vocabulary %}
        {{ read_word('worded.' ~ name, name, column.vocabulary) }} as {{ name }},
        {%- else %}
        {{ parse_value('worded.' ~ name, column.type, format_of[name], column.unit) }} as {{ name }},
        {%- endif %}
        {%- if name in day_of %}
        {{ parse_day('worded.' ~ name, format_of[name]) }} as {{ day_of[name] }},
        {%- endif %}
        {%- if column.type != 'string' or column.unit %}
        worded.{{ name }} as _{{ name }}_text,
        {%- endif %}
        {%- endfor %}
        _file_id,
        _source_file,
        _source_row,
        _source_part,
        _loaded_at
    from worded
    {{- aliases_of(contract) }}
    {%- if undecided %}
    {{- readings_of(
        source_name,
        raw_tables[0],
        'source_system' if columns is none and 'source_system' in contract.columns,
        format_of.source_system,
        undecided
    ) }}
    {%- endif %}

),

typed as (

    select
        {%- for name, column in contract.columns.items() %}
        {%- if column.type == 'timestamp' %}
        case
            {%- if not column.required %}
            when not ({{ is_possible_time(name, column) }}) then null
            {%- endif %}
            when {{ day_of[name] }} is not null
                then {{ moment_of_day(name, day_of[name], column.begins_at) }}
            else {{ name }}
        end as {{ name }},
        {%- if column.required %}
        {{ day_of[name] }},
        {%- else %}
        case when {{ is_possible_time(name, column) }} then {{ day_of[name] }} end as {{ day_of[name] }},
        {%- endif %}
        {%- else %}
        {{ name }},
        {%- endif %}
        {%- endfor %}
        concat_ws(
            '; ',
            {%- for name, column in contract.columns.items() if column.required or is_judged(column) %}
            {{ column_problem(name, column, name in undecided) }},
            {%- endfor %}
            null
        ) as _column_problems,
        concat_ws(
            ', ',
            {%- for name, column in contract.columns.items()
                if not column.required and not is_judged(column) and (column.type != 'string' or column.unit) %}
            case
                when _{{ name }}_text is not null and {{ is_unreadable(name, column) }} then '{{ name }}'
            end,
            {%- endfor %}
            null
        ) as _nulled_columns,
        _file_id,
        _source_file,
        _source_row,
        _source_part,
        _loaded_at
    from parsed

),

conformed as (

    select
        {%- for name in record_columns(contract) %}
        {{ name }},
        {%- endfor %}
        nullif(
            concat_ws(
                '; ',
                nullif(_column_problems, ''){% for check in contract.row_checks %},
                case when {{ check.fails_when }} then '{{ check.reason }}' end{% endfor %}
            ),
            ''
        ) as _problem,
        nullif(_nulled_columns, '') as _nulled_columns,
        _file_id,
        _source_file,
        _source_row,
        _source_part,
        _loaded_at
    from typed

)
{% endmacro %}

{# The moment that stands for a day, given as midnight of the source's zone in UTC: the first one that lies in the day there
   and for whoever reads a report, or else the moment, within the day, at which what ends began. #}
{% macro moment_of_day(midnight, day, begins_at=none) -%}
    least(
        greatest(
            {{ midnight }},
            {{ start_of_reporting_day(day) }}
            {%- if begins_at %},
            case when {{ begins_at }} < {{ midnight }} + interval '1 day' then {{ begins_at }} end
            {%- endif %}
        ),
        {{ start_of_reporting_day('cast(' ~ day ~ " + interval '1 day' as date)") }} - interval '1 microsecond'
    )
{%- endmacro %}

{# A moment before computers, or later than a day after the row was loaded, is a slip of the pen; of a column that may lie
   ahead, the first alone. #}
{% macro is_possible_time(timestamp, column) -%}
    {%- if column.may_lie_ahead -%} {{ timestamp }} >= timestamp '1970-01-02 00:00:00'
    {%- else -%} {{ timestamp }} between timestamp '1970-01-02 00:00:00' and _loaded_at + interval '1 day'
    {%- endif -%}
{%- endmacro %}

{% macro is_unreadable(name, column) -%}
    {%- if column.type == 'timestamp' -%} ({{ is_possible_time(name, column) }}) is not true
    {%- else -%} {{ name }} is null
    {%- endif -%}
{%- endmacro %}

{# A value that says whether or how a row counts: where it cannot be read, the row cannot pass. #}
{% macro is_judged(column) %}
    {{ return(column.accepted_values or column.vocabulary == 'currency' or column.must_read) }}
{% endmacro %}

{% macro column_problem(name, column, is_undecided=false) %}
            case
                {%- if column.required %}
                when {{ name if column.type == 'string' else '_' ~ name ~ '_text' }} is null then '{{ name }} is missing'
                {%- endif %}
                {%- if column.accepted_values %}
                when {{ name }} not in ('{{ column.accepted_values | join("', '") }}')
                    then '{{ name }} is not one of {{ column.accepted_values | join(", ") }}'
                {%- elif column.vocabulary == 'currency' %}
                when not {{ is_currency(name) }} then '{{ name }} is not an ISO 4217 code'
                {%- elif column.type != 'string' %}
                {%- if is_undecided %}
                when {{ name }} is null and {{ full_match('_' ~ name ~ '_text', two_readings()) }}
                    then '{{ name }} has two readings: declare decimal_mark'
                {%- endif %}
                when {{ name }} is null{{ ' and _' ~ name ~ '_text is not null' if not column.required }}
                    then '{{ name }} is not a {{ column.type.split("(")[0] }}'
                {%- if column.type == 'timestamp' %}
                when not ({{ is_possible_time(name, column) }}) then '{{ name }} is an impossible time'
                {%- endif %}
                {%- endif %}
            end
{%- endmacro %}
