-- A metric has one value: that of mart_metric_values, worked out from its declaration, is that of the mart that the
-- catalogue names. Which marts and rows is read from the declarations of the metrics; `dbt compile -s
-- assert_metric_values_are_those_of_the_marts` shows them written out.
-- depends_on: {{ ref('mart_ad_performance') }}
-- depends_on: {{ ref('mart_bant_completeness') }}
-- depends_on: {{ ref('mart_campaign_roi') }}
-- depends_on: {{ ref('mart_customer_value') }}
-- depends_on: {{ ref('mart_funnel_conversion') }}
-- depends_on: {{ ref('mart_marketing_customers') }}
-- depends_on: {{ ref('mart_mql_report') }}
-- depends_on: {{ ref('mart_sla') }}
-- depends_on: {{ ref('mart_traffic') }}
with marts as (

    {{ metric_answers() }}

),

metric_values as (

    select * from {{ ref('mart_metric_values') }} where period_type = 'month'

)

-- a mart may show a month without any as 0, where the metric has no row
select
    marts.*,
    metric_values.metric_value
from marts
left join metric_values
    on
        marts.metric = metric_values.metric
        and marts.period_start_date = metric_values.period_start_date
        and marts.segment_type = metric_values.segment_type
        and marts.segment_value = metric_values.segment_value
where abs(marts.mart_value - coalesce(metric_values.metric_value, 0)) > 0.000001 * greatest(1, abs(marts.mart_value))
