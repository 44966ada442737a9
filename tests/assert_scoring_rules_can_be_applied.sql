-- A scoring rule that asks for what a lead does not have, or is compared with what cannot be read, would never match,
-- and nobody would notice. Two rules for one activity would make two scores of it.
with rules as (

    select
        *,
        lead(valid_from) over (partition by dimension = 'fit', subject order by valid_from) as next_valid_from
    from {{ ref('scoring_rules') }}

),

judged as (

    select
        *,
        case
            when dimension = 'fit' and {{ rule_problem('subject', 'operator', 'value') }} is not null
                then {{ rule_problem('subject', 'operator', 'value') }}
            when dimension = 'fit' and (cap is not null or half_life_days is not null)
                then 'cap and half_life_days are for activities'
            when dimension != 'fit' and (operator is not null or value is not null)
                then 'operator and value are for fit'
            when dimension != 'fit' and points < 0
                then 'points are below 0 (dimension negative takes them off)'
            when half_life_days <= 0 or cap < 0
                then 'half_life_days is not above 0, or cap is below 0'
            when dimension != 'fit' and next_valid_from < coalesce(valid_to, timestamp '9999-12-31 00:00:00')
                then 'another rule gives points for the same activity type at the same time'
        end as problem
    from rules

)

select count(*) as bad_rows
from judged
where problem is not null
having {{ stop_where(
    'count(*) > 0',
    "'scoring_rules: ' || min(problem || ', in the row ' || " ~ to_json_text(row_struct('judged')) ~ ")"
) }}
