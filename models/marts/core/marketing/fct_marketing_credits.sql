{% set cut_by = ['channel', 'campaign'] %}

with

attributions as (

    select * from {{ ref('fct_attributions') }}

),

campaigns as (

    select * from {{ ref('dim_campaigns') }}

),

rare_channels as (

    select * from {{ ref('int_rare_segment_values') }} where segment_type = 'channel'

),

credits as (

    select
        attributions.attribution_model,
        attributions.weight,
        attributions.attributed_revenue_amount,
        attributions.attributed_margin_amount,
        coalesce(rare_channels.folds_into, attributions.channel) as channel,
        case
            when attributions.touch_key is null then 'unattributed'
            else coalesce(campaigns.counted_campaign_key, 'unassigned')
        end as campaign,
        cast(date_trunc('month', attributions.converted_date) as date) as month_start_date
    from attributions
    left join campaigns on attributions.campaign_key = campaigns.campaign_key
    left join rare_channels on attributions.channel = rare_channels.segment_value

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
    from credits
    group by {{ segment_grouping_sets(['attribution_model', 'month_start_date'], cut_by) }}

)

select * from final
