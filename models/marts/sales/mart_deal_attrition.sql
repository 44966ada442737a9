-- `dbt compile -s mart_deal_attrition` shows the SQL.
{{ attrition(
    ref('fct_deal_stage_outcomes'), ['pipeline', 'stage', 'horizon_days'], ['advanced', 'lost', 'open', 'stalled']
) }}
