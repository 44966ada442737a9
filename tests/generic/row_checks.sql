{# What holds for the rows of a model or seed, in one test. Fails with a message that has a line for each check that
   failed: the column, what is wrong, in how many rows, and the keys of up to three of them (keys alone: no personal
   data).

     key              the columns that identify a row; a null counts as a value of its own. Required.
     key_where        of which rows the key is unique, where not of all
     unique           further lists of columns that are unique together
     not_null         columns that are never null
     accepted_values  column: the values that it may have
     between          column: [lowest, highest], both included; null = open
     known_in         column: {to: ref('table'), field: its column, where: of which rows}: every value is one of that
                      field

   A null passes every check but `not_null`. `config: {where: ...}` restricts all of them to some rows. #}
{% test row_checks(model, key, key_where='true', unique=[], not_null=[], accepted_values={}, between={}, known_in={}) %}

{%- if not key -%}
    {{ exceptions.raise_compiler_error('row_checks: `key` is missing: the columns that identify a row of ' ~ model) }}
{%- endif -%}

{# what one scan of the rows finds: the problem, and the condition of a row that has it #}
{%- set wrong = {} -%}
{%- for column in not_null -%}
    {%- do wrong.update({column ~ ' is null': column ~ ' is null'}) -%}
{%- endfor -%}
{%- for column, values in accepted_values.items() -%}
    {%- set literals = [] -%}
    {%- for value in values -%}{%- do literals.append(sql_text(value)) -%}{%- endfor -%}
    {%- do wrong.update({
        column ~ ' is not one of ' ~ values | join(', '): column ~ ' not in (' ~ literals | join(', ') ~ ')'
    }) -%}
{%- endfor -%}
{%- for column, limits in between.items() -%}
    {%- for limit, word, sign in [(limits[0], 'below', '<'), (limits[1], 'above', '>')] if limit is not none -%}
        {%- set literal = limit if limit is number else sql_text(limit) -%}
        {%- do wrong.update({column ~ ' is ' ~ word ~ ' ' ~ limit: column ~ ' ' ~ sign ~ ' ' ~ literal}) -%}
    {%- endfor -%}
{%- endfor -%}

with {% if wrong -%}
wrong_rows as (

    select
        {{ named_values(key) }} as row_key
        {%- for condition in wrong.values() %},
        {{ condition }} as is_wrong_{{ loop.index }}
        {%- endfor %}
    from {{ model }}
    where
        {{ wrong.values() | join('\n        or ') }}

),

{% endif -%}
problems as (

    select
        {{ sql_text('another row has the same ' ~ key | join(', ')) }} as problem,
        {{ named_values(key) }} as row_key,
        count(*) as row_count
    from {{ model }}
    where {{ key_where }}
    group by {{ key | join(', ') }}
    having count(*) > 1
    {%- for columns in unique %}

    union all

    select
        {{ sql_text('another row has the same ' ~ columns | join(', ')) }} as problem,
        {{ named_values(columns) }} as row_key,
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
    {%- endfor %}
    {%- for problem in wrong %}

    union all

    select
        {{ sql_text(problem) }} as problem,
        row_key,
        1 as row_count
    from wrong_rows
    where is_wrong_{{ loop.index }}
    {%- endfor %}
    {%- for column, known in known_in.items() %}

    union all

    select
        {{ sql_text(column ~ ' is not a value of ' ~ known.to.identifier ~ '.' ~ known.field) }} as problem,
        {{ named_values(key if column in key else key + [column]) }} as row_key,
        1 as row_count
    from (
        select * from {{ model }}
        where {{ column }} is not null{% if known.where %} and ({{ known.where }}){% endif %}
    ) as checked
    anti join {{ known.to }} as known on checked.{{ column }} = known.{{ known.field }}
    {%- endfor %}

),

ranked as (

    select
        *,
        row_number() over (partition by problem order by row_key) as position
    from problems

),

failed_checks as (

    select
        problem,
        sum(row_count) as failing_rows,
        concat_ws(
            '; '
            {%- for position in [1, 2, 3] %},
            max(case when position = {{ position }} then row_key end)
            {%- endfor %}
        ) as sample_keys
    from ranked
    group by problem

)

select count(*) as failed_checks
from failed_checks
having {{ stop_where(
    'count(*) > 0',
    dbt.listagg(
        sql_text((model.identifier or model) ~ ': ')
        ~ " || problem || ' in ' || failing_rows || case when failing_rows = 1 then ' row' else ' rows' end"
        ~ " || ', for example ' || sample_keys",
        'chr(10)',
        'order by problem'
    )
) }}

{% endtest %}
