{# Of the rows with one key, no two hold at the same time, and none ends before it begins. Periods are half-open,
   [valid_from, valid_to); an empty valid_to is open. Fails with a message that names the first bad row. #}
{% test periods_do_not_overlap(model, key) %}

with periods as (

    select
        *,
        lead(valid_from) over (partition by {{ key | join(', ') }} order by valid_from) as next_valid_from
    from {{ model }}

)

select count(*) as bad_rows
from periods
where valid_to <= valid_from or next_valid_from < coalesce(valid_to, cast('9999-12-31' as timestamp))
having {{ stop_where(
    'count(*) > 0',
    "'" ~ model.identifier ~ ": another row with the same " ~ key | join(', ')
    ~ " holds at the same time (or it ends before it begins): ' || min(" ~ to_json_text(row_struct('periods')) ~ ")"
) }}

{% endtest %}
