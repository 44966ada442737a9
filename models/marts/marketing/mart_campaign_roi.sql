-- Grown from loops; `dbt compile -s mart_campaign_roi` shows the SQL.
{% set counts = ['leads', 'mqls', 'sqls', 'customers'] %}

with

monthly_figures as (

    select * from {{ ref('fct_marketing_figures') }}

),

monthly_credits as (

    select * from {{ ref('fct_marketing_credits') }}

),

models as (

    select distinct model_key as attribution_model from {{ ref('attribution_models') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

-- before the first cost and after the last one, nobody knows what was spent
cost_months as (

    select
        min(month_start_date) as first_month,
        max(month_start_date) as last_month
    from monthly_figures
    where is_cost

),

costed_segments as (

    select distinct
        segment_type,
        segment_value
    from monthly_figures
    where is_cost

),

figures as (

    select
        case when month_start_date is null then 'all' else 'month' end as period_type,
        month_start_date as period_start,
        segment_type,
        segment_value,
        {%- for count in counts %}
        coalesce(sum(case when measure = '{{ count }}' then amount end), 0) as {{ count }},
        sum(case when measure = '{{ count }}' and is_costed then amount end) as costed_{{ count }},
        {%- endfor %}
        {%- for cost_type in cost_types() %}
        coalesce(sum(case when measure = '{{ cost_type }}' then amount end), 0) as {{ cost_type }}_cost,
        {%- endfor %}
        coalesce(sum(case when is_shared then amount end), 0) as shared_cost,
        coalesce(sum(case when is_cost then amount end), 0) as full_cost
    from monthly_figures
    group by grouping sets ((segment_type, segment_value, month_start_date), (segment_type, segment_value))

),

credits as (

    select
        case when month_start_date is null then 'all' else 'month' end as period_type,
        month_start_date as period_start,
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
            (attribution_model, segment_type, segment_value, month_start_date),
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

framed as (

    select
        scaffold.*,
        costed_segments.segment_value is not null
        and (
            scaffold.period_type = 'all'
            or scaffold.period_start between cost_months.first_month and cost_months.last_month
        ) as is_costed
    from scaffold
    cross join cost_months
    left join costed_segments
        on
            scaffold.segment_type = costed_segments.segment_type
            and scaffold.segment_value = costed_segments.segment_value

),

final as (

    select
        campaigns.campaign_key,
        framed.period_type,
        framed.segment_type,
        coalesce(campaigns.campaign_id, framed.segment_value) as segment_value,
        coalesce(campaigns.campaign_name, framed.segment_value) as segment_name,
        framed.attribution_model,
        case when not framed.is_costed then 'costs_not_recorded' end as cost_unknown_reason,
        {%- for cost_type in cost_types() %}
        case when framed.is_costed then cast(coalesce(figures.{{ cost_type }}_cost, 0) as decimal(18, 2)) end
            as {{ cost_type }}_cost_amount,
        {%- endfor %}
        case when framed.is_costed then cast(coalesce(figures.full_cost, 0) as decimal(18, 2)) end as full_cost_amount,
        case when framed.is_costed then cast(coalesce(figures.shared_cost, 0) as decimal(18, 2)) end
            as shared_cost_amount,
        {%- for count in counts %}
        cast(coalesce(figures.{{ count }}, 0) as bigint) as {{ count }},
        {%- endfor %}
        {%- for figure, count in {
            'cost_per_lead': 'leads', 'cost_per_mql': 'mqls', 'cost_per_sql': 'sqls',
            'customer_acquisition_cost': 'customers',
        }.items() %}
        case
            when framed.is_costed
                then cast(figures.full_cost as double) / nullif(cast(figures.costed_{{ count }} as double), 0)
        end as {{ figure }},
        {%- endfor %}
        coalesce(credits.customers, 0.0) as attributed_customers,
        case when credits.customers is null then 0.0 else credits.revenue end as attributed_revenue_amount,
        case when credits.customers is null then 0.0 else credits.margin end as attributed_margin_amount,
        credits.customers_of_known_margin / credits.customers as known_margin_share,
        case
            when framed.is_costed
                then
                    (
                        case when credits.customers is null then 0.0 else credits.margin end
                        - cast(figures.full_cost as double)
                    ) / nullif(cast(figures.full_cost as double), 0)
        end as marketing_roi,
        case
            when framed.is_costed
                then
                    case when credits.customers is null then 0.0 else credits.revenue end
                    / nullif(cast(figures.media_cost as double), 0)
        end as roas,
        {{ is_small_n('coalesce(credits.customers, 0.0)') }} as is_small_n,
        framed.period_start as period_start_date
    from framed
    left join figures
        on
            framed.period_type = figures.period_type
            and (framed.period_start = figures.period_start or framed.period_type = 'all')
            and framed.segment_type = figures.segment_type
            and framed.segment_value = figures.segment_value
    left join credits
        on
            framed.period_type = credits.period_type
            and (framed.period_start = credits.period_start or framed.period_type = 'all')
            and framed.segment_type = credits.segment_type
            and framed.segment_value = credits.segment_value
            and framed.attribution_model = credits.attribution_model
    left join campaigns on framed.segment_type = 'campaign' and framed.segment_value = campaigns.campaign_key

)

select * from final
