-- `dbt compile -s mart_stage_velocity` shows the SQL.
{{ stage_velocity(
    ref('fct_stage_durations'),
    {'elapsed': 'elapsed_days', 'business': 'working_hours'},
    ['all', 'channel', 'owner_team'],
) }}
