-- `dbt compile -s fct_cohort_survival` shows the SQL.
{{ cohort_survival(ref('fct_stage_transitions'), ['from_stage', 'to_stage', 'horizon_days']) }}
