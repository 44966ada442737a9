-- A rule that asks for what a lead does not have would never match, and its persona would stay empty, in silence.
with judged as (

    select
        *,
        {{ rule_problem('subject', 'operator', 'value') }} as problem
    from {{ ref('persona_rules') }}

)

select count(*) as bad_rows
from judged
where problem is not null
having {{ stop_where(
    'count(*) > 0',
    "'persona_rules: ' || min(problem || ', in the row ' || " ~ to_json_text(row_struct('judged')) ~ ")"
) }}
