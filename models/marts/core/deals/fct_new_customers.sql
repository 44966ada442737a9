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
    where person_key is not null and not is_credit_note

),

deals as (

    select
        *,
        row_number() over (partition by person_key order by closed_at nulls last, opportunity_key) as deal_number
    from {{ ref('fct_opportunities') }}
    where person_key is not null and is_won and order_type = 'new'

),

-- The lead whose deal was won, or else whose order it was. Who originated the customer a deal alone says: an order
-- often names the record that was made for it.
earners as (

    select
        entries.entry_key,
        entries.person_key,
        entries.observed_at,
        coalesce(won.lead_key, ordered.lead_key) as lead_key,
        won.lead_key is not null as is_by_deal
    from entries
    left join purchases on entries.person_key = purchases.person_key and purchases.purchase_of_person = 1
    left join deals on entries.person_key = deals.person_key and deals.deal_number = 1
    left join {{ ref('int_opportunities') }} as won on deals.opportunity_key = won.opportunity_key
    left join {{ ref('int_orders') }} as ordered on purchases.order_key = ordered.order_key

),

-- as that lead had it at the conversion, or at first, where it was created later
earned as (

    select
        earners.entry_key,
        records.channel,
        records.campaign_id,
        case when earners.is_by_deal then records.origin_owner end as origin_owner,
        row_number() over (
            partition by earners.entry_key
            order by
                case
                    when records.valid_from <= earners.observed_at then records.version_number
                    else -records.version_number
                end desc
        ) as record_rank
    from earners
    inner join persons on earners.person_key = persons.person_key and persons.lead_count > 1
    inner join {{ ref('int_counted_records') }} as records
        on earners.person_key = records.person_key and earners.lead_key = records.lead_key

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
        {%- if segment in ['channel', 'campaign'] %}
        case
            when coalesce(earned.channel, earned.campaign_id) is null then entries.{{ segment }}
            else coalesce(earned.{{ 'campaign_id' if segment == 'campaign' else segment }}, 'unassigned')
        end as {{ segment }},
        {%- elif segment == 'origin_owner' %}
        coalesce(earned.origin_owner, entries.origin_owner) as origin_owner,
        {%- else %}
        entries.{{ segment }},
        {%- endif %}
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
        case when cycles.opportunity_observed_at <= entries.observed_at then cycles.opportunity_observed_at end
            as opportunity_created_at,
        entries.observed_at as converted_at
    from entries
    inner join cycles on entries.cycle_key = cycles.cycle_key
    inner join persons on entries.person_key = persons.person_key
    left join purchases on entries.person_key = purchases.person_key and purchases.purchase_of_person = 1
    left join deals on entries.person_key = deals.person_key and deals.deal_number = 1
    left join earned on entries.entry_key = earned.entry_key and earned.record_rank = 1
    -- who shows as a customer only by a won expansion or renewal was one before: no new customer
    where
        entries.evidence != 'opportunity_won'
        or deals.closed_at <= entries.observed_at
        or purchases.purchased_at <= entries.observed_at

)

select * from final
