-- A score rule without a threshold would qualify nobody, in silence.
with rules as (

    select * from {{ ref('mql_rules') }} where trigger = 'score' and score_threshold is null

)

select count(*) as bad_rows
from rules
having {{ stop_where(
    'count(*) > 0',
    "'mql_rules: score_threshold is missing in the row ' || min(" ~ to_json_text(row_struct('rules')) ~ ")"
) }}
