{# Every value of the column is a value of another table's field. Fails with a message that names the first bad row. #}
{% test known_value(model, column_name, to, field, only_where='true') %}

select count(*) as bad_rows
from {{ model }} as rules
where
    {{ only_where }}
    and {{ column_name }} is not null
    and {{ column_name }} not in (select known.{{ field }} from {{ to }} as known)
having {{ stop_where(
    'count(*) > 0',
    "'" ~ model.identifier ~ ": " ~ column_name ~ " is not a value of " ~ to.identifier ~ "." ~ field
    ~ " in the row ' || min(" ~ to_json_text(row_struct('rules')) ~ ")"
) }}

{% endtest %}
