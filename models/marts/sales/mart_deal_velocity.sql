-- `dbt compile -s mart_deal_velocity` shows the SQL.
{{ stage_velocity(
    ref('fct_deal_stage_durations'), {'elapsed': 'elapsed_days'}, ['all', 'channel', 'owner_team'], ['pipeline']
) }}
