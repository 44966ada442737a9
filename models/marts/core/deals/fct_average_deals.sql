with

opportunities as (

    select * from {{ ref('fct_opportunities') }} where is_won and order_type = 'new' and person_key is not null

),

buyers as (

    select * from {{ ref('fct_stage_entries') }} where stage = 'customer' and is_first_reached

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

deals as (

    select
        {%- for segment in segments() %}
        coalesce(buyers.{{ segment }}, 'unassigned') as {{ segment }},
        {%- endfor %}
        opportunities.opportunity_amount
    from opportunities
    cross join as_of
    left join buyers on opportunities.person_key = buyers.person_key
    where opportunities.closed_date > cast(as_of.as_of_date - {{ trailing_days() }} * interval '1 day' as date)

),

final as (

    select
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as won_deals,
        count(opportunity_amount) as valued_deals,
        cast(sum(opportunity_amount) as decimal(18, 2)) as won_amount,
        cast(sum(opportunity_amount) as double) / nullif(count(opportunity_amount), 0) as average_deal_amount
    from deals
    group by {{ segment_grouping_sets([]) }}
    -- the whole of no deals at all
    having count(*) > 0

)

select * from final
