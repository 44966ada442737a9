with

entries as (

    select * from {{ ref('fct_stage_entries') }}
    where stage = 'customer' and is_first_reached and is_inferred is not true

),

cycles as (

    select * from {{ ref('fct_lead_cycles') }}

),

persons as (

    select * from {{ ref('dim_persons') }}

),

purchases as (

    select
        *,
        row_number() over (partition by person_key order by purchased_at, order_key) as purchase_of_person
    from {{ ref('fct_purchases') }}
    where person_key is not null

),

deals as (

    select
        *,
        row_number() over (partition by person_key order by closed_at, opportunity_key) as deal_number
    from {{ ref('fct_opportunities') }}
    where person_key is not null and is_won and order_type = 'new'

),

final as (

    select
        entries.entry_key as conversion_key,
        entries.person_key,
        entries.cycle_key,
        purchases.order_key,
        deals.opportunity_key,
        case
            when purchases.order_key is not null then 'order'
            when deals.opportunity_amount is not null then 'opportunity'
            else 'none'
        end as revenue_source,
        {%- for segment in segments() %}
        entries.{{ segment }},
        {%- endfor %}
        cast(
            case
                when purchases.order_key is not null then purchases.net_amount
                else deals.opportunity_amount
            end as decimal(18, 2)
        ) as revenue_amount,
        purchases.margin_amount,
        entries.entered_date as converted_date,
        cycles.started_at as cycle_started_at,
        persons.created_at as lead_created_at,
        case when cycles.opportunity_observed_at <= entries.reached_at then cycles.opportunity_observed_at end
            as opportunity_created_at,
        entries.reached_at as converted_at
    from entries
    inner join cycles on entries.cycle_key = cycles.cycle_key
    inner join persons on entries.person_key = persons.person_key
    left join purchases on entries.person_key = purchases.person_key and purchases.purchase_of_person = 1
    left join deals on entries.person_key = deals.person_key and deals.deal_number = 1
    -- who shows as a customer only by a won expansion or renewal was one before: no new customer
    where
        entries.evidence != 'opportunity_won'
        or deals.closed_at <= entries.reached_at
        or purchases.purchased_at <= entries.reached_at

)

select * from final
