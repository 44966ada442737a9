-- noqa: disable=LT02
with

entries as (

    select * from {{ ref('fct_stage_entries') }} where stage = 'customer' and is_first_reached

),

cycles as (

    select * from {{ ref('fct_lead_cycles') }}

),

persons as (

    select * from {{ ref('dim_persons') }}

),

orders as (

    select
        *,
        row_number() over (partition by person_key order by ordered_at, order_key) as order_number
    from {{ ref('fct_orders') }}
    where person_key is not null and order_status in ('paid', 'refunded')

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
        orders.order_key,
        deals.opportunity_key,
        case
            when orders.order_key is not null then 'order'
            when deals.opportunity_amount is not null then 'opportunity'
            else 'none'
        end as revenue_source,
        {%- for segment in segments() %}
        entries.{{ segment }},
        {%- endfor %}
        cast(
            case
                when orders.order_key is not null then orders.order_amount - orders.refunded_amount
                else deals.opportunity_amount
            end as decimal(18, 2)
        ) as revenue_amount,
        cast(orders.order_amount - orders.refunded_amount - orders.cogs_amount as decimal(18, 2)) as margin_amount,
        entries.entered_date as converted_date,
        cycles.started_at as cycle_started_at,
        persons.created_at as lead_created_at,
        case when cycles.opportunity_observed_at <= entries.reached_at then cycles.opportunity_observed_at end
            as opportunity_created_at,
        entries.reached_at as converted_at
    from entries
    inner join cycles on entries.cycle_key = cycles.cycle_key
    inner join persons on entries.person_key = persons.person_key
    left join orders on entries.person_key = orders.person_key and orders.order_number = 1
    left join deals on entries.person_key = deals.person_key and deals.deal_number = 1
    -- who shows as a customer only by a won expansion or renewal was one before: no new customer
    where
        entries.evidence != 'opportunity_won'
        or deals.closed_at <= entries.reached_at
        or orders.ordered_at <= entries.reached_at

)

select * from final
