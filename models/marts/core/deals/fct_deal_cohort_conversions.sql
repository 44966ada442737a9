-- `dbt compile -s fct_deal_cohort_conversions` shows the SQL.
{{ cohort_conversions(
    ref('fct_deal_stage_transitions'), ['pipeline', 'from_stage', 'to_stage', 'horizon_days']
) }}
