-- Reads the touches once; what follows is the touches of new customers, once per model.
{% set positions = {
    'first': 'min(touch_number) over own',
    'last': 'max(touch_number) over own',
    'lead_creation': 'max(case when touched_at <= lead_created_at then touch_number end) over own',
    'opportunity_creation': 'max(case when touched_at <= opportunity_created_at then touch_number end) over own',
} %}
with

new_customers as (

    select * from {{ ref('fct_new_customers') }}

),

models as (

    select * from {{ ref('attribution_models') }}

),

touches as (

    select * from {{ ref('fct_touches') }}

),

conversions as (

    select
        new_customers.*,
        models.*,
        case
            when models.lookback_days is null then new_customers.cycle_started_at
            else new_customers.converted_at - models.lookback_days * interval '1 day'
        end as counts_from
    from new_customers
    inner join models
        on
            {{ in_force('models', 'new_customers.converted_date') }}

),

-- Both ends included: a creation is where the cycle starts, and the last click may be the purchase. The first cycle
-- also has what the person did before as a visitor without a name.
counted as (

    select
        conversions.conversion_key,
        conversions.model_key,
        conversions.lead_created_at,
        conversions.opportunity_created_at,
        {%- for position in positions %}
        conversions.{{ position }}_weight,
        {%- endfor %}
        conversions.middle_weight,
        conversions.every_weight,
        conversions.half_life_days,
        touches.touch_key,
        touches.campaign_key,
        touches.touch_type,
        touches.channel,
        touches.touch_number,
        touches.is_marketing,
        touches.touched_at
    from conversions
    inner join touches
        on
            conversions.person_key = touches.person_key
            and (
                conversions.counts_from <= touches.touched_at
                or (
                    touches.is_anonymous
                    and conversions.lookback_days is null
                    and conversions.cycle_started_at <= conversions.lead_created_at
                )
            )
            and conversions.converted_at >= touches.touched_at

),

placed as (

    select
        *,
        {%- for position, held_by in positions.items() %}
        case when touch_number = {{ held_by }} then {{ position }}_weight else 0.0 end as {{ position }}_credit,
        {%- endfor %}
        count(*) over own as touch_count,
        case
            when half_life_days is null then 1.0
            else power(
                0.5,
                {{ seconds_between('touched_at', 'max(touched_at) over own') }} / 86400.0 / half_life_days
            )
        end as freshness
    from counted
    window own as (partition by conversion_key, model_key)

),

summed as (

    select
        *,
        first_credit + last_credit + lead_creation_credit + opportunity_creation_credit as place_credit
    from placed

),

credited as (

    select
        *,
        freshness * (
            place_credit
            + every_weight / touch_count
            + case
                when place_credit > 0 then 0.0
                else middle_weight / count(case when place_credit = 0 then 1 end) over own
            end
        ) as credit
    from summed
    window own as (partition by conversion_key, model_key)

),

weighed as (

    select
        *,
        credit / sum(credit) over (partition by conversion_key, model_key) as weight
    from credited
    where credit > 0

),

final as (

    select
        {{ surrogate_key([
            'conversions.conversion_key', 'conversions.model_key', "coalesce(weighed.touch_key, 'unattributed')"
        ]) }} as attribution_key,
        conversions.conversion_key,
        conversions.person_key,
        weighed.touch_key,
        weighed.campaign_key,
        conversions.model_key as attribution_model,
        coalesce(weighed.touch_type, 'unattributed') as touch_type,
        coalesce(weighed.channel, 'unattributed') as channel,
        coalesce(weighed.touch_count, 0) as touch_count,
        coalesce(weighed.weight, 1.0) as weight,
        coalesce(weighed.weight, 1.0) * cast(conversions.revenue_amount as double) as attributed_revenue_amount,
        coalesce(weighed.weight, 1.0) * cast(conversions.margin_amount as double) as attributed_margin_amount,
        coalesce(weighed.is_marketing, false) as is_marketing,
        conversions.converted_date,
        weighed.touched_at,
        conversions.converted_at
    from conversions
    left join weighed
        on conversions.conversion_key = weighed.conversion_key and conversions.model_key = weighed.model_key

)

select * from final
