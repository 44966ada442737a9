-- The words of both status fields; those of the working status lie in `stage_map.working` of a source.
select
    source_system,
    'lifecycle' as status_field,
    status,
    stage_key,
    valid_from,
    valid_to
from ({{ with_source_words('stage_map', 'status', 'stage_key', "status_field is null") }}) as lifecycle
union all
select
    source_system,
    'working' as status_field,
    status,
    stage_key,
    valid_from,
    valid_to
from ({{ with_source_words('stage_map', 'status', 'stage_key', "status_field = 'working'", 'stage_map.working') }}) as working
