-- noqa: disable=LT02,LT05
-- A metric has one value: that of mart_metric_values, worked out from its declaration, is that of the mart that the
-- catalogue names.
{%- set compared = [
    {'metric': 'mql', 'mart': 'mart_mql_report', 'value': 'mqls'},
    {'metric': 're_mql', 'mart': 'mart_mql_report', 'value': 're_mqls'},
    {'metric': 'mql_accepted', 'mart': 'mart_mql_report', 'value': 'accepted_mqls'},
    {'metric': 'mql_rejected', 'mart': 'mart_mql_report', 'value': 'rejected_mqls'},
    {'metric': 'mql_undecided', 'mart': 'mart_mql_report', 'value': 'undecided_mqls'},
    {'metric': 'sql', 'mart': 'mart_mql_report', 'value': 'sqls'},
    {'metric': 'sql_direct', 'mart': 'mart_mql_report', 'value': 'sqls_direct'},
    {'metric': 'sql_out_of_order', 'mart': 'mart_mql_report', 'value': 'sqls_out_of_order'},
    {'metric': 'acceptance_rate', 'mart': 'mart_mql_report', 'value': 'acceptance_rate'},
    {'metric': 'lead_to_mql_rate', 'mart': 'mart_funnel_conversion', 'value': 'conversion_rate', 'period': 'period_start_date',
     'where': "from_stage = 'lead' and to_stage = 'mql' and period_type = 'month' and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'"},
    {'metric': 'mql_to_sql_rate', 'mart': 'mart_funnel_conversion', 'value': 'conversion_rate', 'period': 'period_start_date',
     'where': "from_stage = 'mql' and to_stage = 'sql' and period_type = 'month' and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'"},
    {'metric': 'sal_to_sql_rate', 'mart': 'mart_funnel_conversion', 'value': 'conversion_rate', 'period': 'period_start_date',
     'where': "from_stage = 'sal' and to_stage = 'sql' and period_type = 'month' and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'"},
    {'metric': 'sql_to_opportunity_rate', 'mart': 'mart_funnel_conversion', 'value': 'conversion_rate', 'period': 'period_start_date',
     'where': "from_stage = 'sql' and to_stage = 'opportunity' and period_type = 'month' and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'"},
    {'metric': 'win_rate', 'mart': 'mart_funnel_conversion', 'value': 'conversion_rate', 'period': 'period_start_date',
     'where': "from_stage = 'opportunity' and to_stage = 'customer' and period_type = 'month' and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'"},
    {'metric': 'lead_to_customer_rate', 'mart': 'mart_funnel_conversion', 'value': 'conversion_rate', 'period': 'period_start_date',
     'where': "from_stage = 'lead' and to_stage = 'customer' and period_type = 'month' and rate_kind = 'matured' and count_mode = 'first' and order_mode = 'ordered'"},
    {'metric': 'sla_attainment', 'mart': 'mart_sla', 'value': 'sla_attainment_rate', 'period': 'period_start_date',
     'where': "policy_key = 'first_contact_1h' and period_type = 'month' and segment_type not like 'deadline_owner%'"},
    {'metric': 'decision_sla_attainment', 'mart': 'mart_sla', 'value': 'sla_attainment_rate', 'period': 'period_start_date',
     'where': "policy_key = 'decision_2_days' and period_type = 'month' and segment_type not like 'deadline_owner%'"},
    {'metric': 'contacted_1h_rate', 'mart': 'mart_sla', 'value': 'contacted_1h_rate', 'period': 'period_start_date',
     'where': "policy_key = 'first_contact_1h' and period_type = 'month' and segment_type not like 'deadline_owner%'"},
    {'metric': 'wasted_mql', 'mart': 'mart_sla', 'value': 'wasted_mqls', 'period': 'period_start_date',
     'where': "policy_key = 'first_contact_1h' and period_type = 'month' and segment_type not like 'deadline_owner%'"},
    {'metric': 'bant_complete_rate', 'mart': 'mart_bant_completeness', 'value': 'bant_complete_rate'},
    {'metric': 'won_amount', 'mart': 'mart_customer_value', 'value': 'won_amount', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all'"},
    {'metric': 'net_revenue', 'mart': 'mart_customer_value', 'value': 'net_revenue_amount', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all'"},
    {'metric': 'average_purchase', 'mart': 'mart_customer_value', 'value': 'average_purchase_amount', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all'"},
    {'metric': 'average_deal', 'mart': 'mart_customer_value', 'value': 'average_deal_amount', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all'"},
    {'metric': 'visitors', 'mart': 'mart_traffic', 'value': 'visitors', 'period': 'period_start_date',
     'where': "period_type = 'month'"},
    {'metric': 'pageviews', 'mart': 'mart_traffic', 'value': 'pageviews', 'period': 'period_start_date',
     'where': "period_type = 'month'"},
    {'metric': 'social_shares', 'mart': 'mart_traffic', 'value': 'social_shares', 'period': 'period_start_date',
     'where': "period_type = 'month'"},
    {'metric': 'bounce_rate', 'mart': 'mart_traffic', 'value': 'bounce_rate', 'period': 'period_start_date',
     'where': "period_type = 'month'"},
    {'metric': 'full_cost', 'mart': 'mart_campaign_roi', 'value': 'full_cost_amount', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all' and attribution_model = 'last'"},
    {'metric': 'leads_generated', 'mart': 'mart_campaign_roi', 'value': 'leads', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all' and attribution_model = 'last'"},
    {'metric': 'cost_per_lead', 'mart': 'mart_campaign_roi', 'value': 'cost_per_lead', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all' and attribution_model = 'last'"},
    {'metric': 'cost_per_mql', 'mart': 'mart_campaign_roi', 'value': 'cost_per_mql', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all' and attribution_model = 'last'"},
    {'metric': 'cost_per_sql', 'mart': 'mart_campaign_roi', 'value': 'cost_per_sql', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all' and attribution_model = 'last'"},
    {'metric': 'customer_acquisition_cost', 'mart': 'mart_campaign_roi', 'value': 'customer_acquisition_cost', 'period': 'period_start_date',
     'where': "period_type = 'month' and segment_type = 'all' and attribution_model = 'last'"},
    {'metric': 'marketing_originated_rate', 'mart': 'mart_marketing_customers', 'value': 'originated_rate', 'period': 'period_start_date', 'segment_type': "'all'", 'segment_value': "'all'",
     'where': "period_type = 'month' and origin_owner = 'marketing'"},
] %}
with marts as (

    {%- for one in compared %}
    select
        '{{ one.metric }}' as metric,
        {{ one.period or 'month_start_date' }} as period_start_date,
        {{ one.segment_type or 'segment_type' }} as segment_type,
        {{ one.segment_value or 'segment_value' }} as segment_value,
        cast({{ one.value }} as double) as mart_value
    from {{ ref(one.mart) }}
    where {{ one.value }} is not null and {{ one.where or 'true' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

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
