-- Grown from loops; `dbt compile -s mart_campaign_roi` shows the SQL.
{% set cut_by = ['channel', 'campaign'] %}
{% set counts = ['leads', 'mqls', 'sqls', 'customers'] %}

with

-- one row per figure, so that spend without a result and a result without spend both have their row
monthly_figures as (

    select * from {{ ref('fct_marketing_figures') }}

),

attributions as (

    select
        *,
        case
            when touch_key is null then 'unattributed' else coalesce(campaign_key, 'unassigned')
        end as campaign,
        cast(date_trunc('month', converted_date) as date) as month_start
    from {{ ref('fct_attributions') }}

),

models as (

    select distinct model_key as attribution_model from {{ ref('attribution_models') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

figures as (

    select
        case when month_start_date is null then 'all' else 'month' end as period_type,
        month_start_date as period_start,
        segment_type,
        segment_value,
        {%- for count in counts %}
        coalesce(sum(case when measure = '{{ count }}' then amount end), 0) as {{ count }},
        {%- endfor %}
        {%- for cost_type in cost_types() %}
        coalesce(sum(case when measure = '{{ cost_type }}' then amount end), 0) as {{ cost_type }}_cost,
        {%- endfor %}
        coalesce(sum(case when is_shared then amount end), 0) as shared_cost,
        coalesce(sum(case when is_cost then amount end), 0) as full_cost
    from monthly_figures
    group by grouping sets ((segment_type, segment_value, month_start_date), (segment_type, segment_value))

),

monthly_credits as (

    select
        attribution_model,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        month_start,
        sum(weight) as customers,
        sum(case when attributed_margin_amount is not null then weight else 0.0 end) as customers_of_known_margin,
        sum(attributed_revenue_amount) as revenue,
        sum(attributed_margin_amount) as margin
    from attributions
    group by {{ segment_grouping_sets(['attribution_model', 'month_start'], cut_by) }}

),

credits as (

    select
        case when month_start is null then 'all' else 'month' end as period_type,
        month_start as period_start,
        attribution_model,
        segment_type,
        segment_value,
        sum(customers) as customers,
        sum(customers_of_known_margin) as customers_of_known_margin,
        sum(revenue) as revenue,
        sum(margin) as margin
    from monthly_credits
    group by
        grouping sets (
            (attribution_model, segment_type, segment_value, month_start),
            (attribution_model, segment_type, segment_value)
        )

),

scaffold as (

    select
        figures.period_type,
        figures.period_start,
        figures.segment_type,
        figures.segment_value,
        models.attribution_model
    from figures
    cross join models
    union
    select
        credits.period_type,
        credits.period_start,
        credits.segment_type,
        credits.segment_value,
        models.attribution_model
    from credits
    cross join models

),

final as (

    select
        campaigns.campaign_key,
        scaffold.period_type,
        scaffold.segment_type,
        coalesce(campaigns.campaign_id, scaffold.segment_value) as segment_value,
        coalesce(campaigns.campaign_name, scaffold.segment_value) as segment_name,
        scaffold.attribution_model,
        {%- for cost_type in cost_types() %}
        cast(coalesce(figures.{{ cost_type }}_cost, 0) as decimal(18, 2)) as {{ cost_type }}_cost_amount,
        {%- endfor %}
        cast(coalesce(figures.full_cost, 0) as decimal(18, 2)) as full_cost_amount,
        cast(coalesce(figures.shared_cost, 0) as decimal(18, 2)) as shared_cost_amount,
        {%- for count in counts %}
        cast(coalesce(figures.{{ count }}, 0) as bigint) as {{ count }},
        {%- endfor %}
        cast(figures.full_cost as double) / nullif(cast(figures.leads as double), 0) as cost_per_lead,
        cast(figures.full_cost as double) / nullif(cast(figures.mqls as double), 0) as cost_per_mql,
        cast(figures.full_cost as double) / nullif(cast(figures.sqls as double), 0) as cost_per_sql,
        cast(figures.full_cost as double) / nullif(cast(figures.customers as double), 0) as customer_acquisition_cost,
        coalesce(credits.customers, 0.0) as attributed_customers,
        case when credits.customers is null then 0.0 else credits.revenue end as attributed_revenue_amount,
        case when credits.customers is null then 0.0 else credits.margin end as attributed_margin_amount,
        credits.customers_of_known_margin / credits.customers as known_margin_share,
        (case when credits.customers is null then 0.0 else credits.margin end - cast(figures.full_cost as double))
        / nullif(cast(figures.full_cost as double), 0) as marketing_roi,
        case when credits.customers is null then 0.0 else credits.revenue end
        / nullif(cast(figures.media_cost as double), 0) as roas,
        {{ is_small_n('coalesce(credits.customers, 0.0)') }} as is_small_n,
        scaffold.period_start as period_start_date
    from scaffold
    left join figures
        on
            scaffold.period_type = figures.period_type
            and (scaffold.period_start = figures.period_start or scaffold.period_type = 'all')
            and scaffold.segment_type = figures.segment_type
            and scaffold.segment_value = figures.segment_value
    left join credits
        on
            scaffold.period_type = credits.period_type
            and (scaffold.period_start = credits.period_start or scaffold.period_type = 'all')
            and scaffold.segment_type = credits.segment_type
            and scaffold.segment_value = credits.segment_value
            and scaffold.attribution_model = credits.attribution_model
    left join campaigns on scaffold.segment_type = 'campaign' and scaffold.segment_value = campaigns.campaign_key

)

select * from final
