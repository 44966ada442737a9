-- The words of both status fields; those of the working status lie in `stage_map.working` of a source.
{% set fields = {
    'lifecycle': ('status_field is null', 'stage_map'),
    'working': ("status_field = 'working'", 'stage_map.working'),
} %}

{% for field, (rows, place) in fields.items() %}
select
    source_system,
    '{{ field }}' as status_field,
    status,
    stage_key,
    valid_from,
    valid_to
from ({{ with_source_words('stage_map', 'status', 'stage_key', rows, place) }}) as words
{{ 'union all' if not loop.last }}
{% endfor %}
