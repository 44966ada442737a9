{# Every value of the column is a value of another table's field. Fails with a message that names the first bad row. #}
{% test known_value(model, column_name, to, field, only_where='true') %}

select {{ raise_error(
    "'" ~ model.identifier ~ ": " ~ column_name ~ " is not a " ~ field ~ " of " ~ to.identifier ~ " in the row ' || min("
    ~ to_json_text(row_struct('rules')) ~ ")"
) }}
from {{ model }} as rules
where
    {{ only_where }}
    and {{ column_name }} is not null
    and {{ column_name }} not in (select known.{{ field }} from {{ to }} as known)
having count(*) > 0

{% endtest %}
