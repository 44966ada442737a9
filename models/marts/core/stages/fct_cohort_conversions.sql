-- `dbt compile -s fct_cohort_conversions` shows the SQL.
{{ cohort_conversions(ref('fct_stage_transitions'), ['from_stage', 'to_stage', 'horizon_days', 'lag_months']) }}
