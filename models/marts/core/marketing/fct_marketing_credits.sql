{% set cut_by = ['channel', 'campaign'] %}

with

attributions as (

    select
        *,
        case
            when touch_key is null then 'unattributed' else coalesce(campaign_key, 'unassigned')
        end as campaign,
        cast(date_trunc('month', converted_date) as date) as month_start_date
    from {{ ref('fct_attributions') }}

),

final as (

    select
        attribution_model,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        sum(weight) as customers,
        sum(case when attributed_margin_amount is not null then weight else 0.0 end) as customers_of_known_margin,
        sum(attributed_revenue_amount) as revenue,
        sum(attributed_margin_amount) as margin,
        month_start_date
    from attributions
    group by {{ segment_grouping_sets(['attribution_model', 'month_start_date'], cut_by) }}

)

select * from final
