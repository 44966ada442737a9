-- What is selected from the facts is read from the declarations of the metrics; `dbt compile -s mart_metric_members`
-- shows it written out. These are the facts that semantic models stand on:
-- depends_on: {{ ref('fct_leads_generated') }}
-- depends_on: {{ ref('fct_qualifications') }}
-- depends_on: {{ ref('fct_stage_transitions') }}
-- depends_on: {{ ref('fct_sla_clocks') }}
-- depends_on: {{ ref('fct_sql_assessments') }}
-- depends_on: {{ ref('fct_new_customers') }}
-- depends_on: {{ ref('fct_opportunity_forecasts') }}
-- depends_on: {{ ref('fct_purchases') }}
-- depends_on: {{ ref('fct_costs') }}
-- depends_on: {{ ref('fct_web_traffic') }}
-- costs one scan of a fact per metric, and a row per member: about six rows per lead
with

final as (

    {{ metric_members() }}

)

select * from final
