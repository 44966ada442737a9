-- `dbt compile -s fct_deal_cohort_survival` shows the SQL.
{{ cohort_survival(
    ref('fct_deal_stage_transitions'), ['pipeline', 'from_stage', 'to_stage', 'horizon_days']
) }}
