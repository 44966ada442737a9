with

orders as (

    select * from {{ ref('fct_orders') }}

),

statuses as (

    select * from {{ ref('order_statuses') }}

),

subscriptions as (

    select * from {{ ref('fct_subscriptions') }}

),

stints as (

    select * from {{ ref('fct_stage_stints') }}

),

records as (

    select
        orders.customer_key,
        orders.person_key,
        orders.source_system,
        orders.customer_id,
        'order' as kind,
        orders.order_id as record_id,
        orders.ordered_at as occurred_at,
        coalesce(statuses.is_paid, false) and not orders.is_credit_note as is_purchase
    from orders
    left join statuses on orders.order_status = statuses.order_status
    union all
    select
        customer_key,
        person_key,
        source_system,
        customer_id,
        'subscription' as kind,
        subscription_id as record_id,
        started_at as occurred_at,
        true as is_purchase
    from subscriptions

),

-- an account belongs to the person of its first record that names one: later orders often name the account alone
owners as (

    select
        customer_key,
        person_key,
        row_number() over (partition by customer_key order by occurred_at, kind, record_id) as person_rank
    from records
    where person_key is not null

),

customers as (

    select
        customer_key,
        min(source_system) as source_system,
        min(customer_id) as customer_id,
        min(case when kind = 'order' and is_purchase then occurred_at end) as first_purchase_at,
        min(case when is_purchase then occurred_at end) as customer_since_at,
        coalesce(min(case when is_purchase then occurred_at end), min(occurred_at)) as known_at
    from records
    group by 1

),

-- The segments are those that the person had on becoming a customer: of the last stint entered by then, or else of the
-- first one. Costs a row per customer and stint of its person, which are few.
placed as (

    select
        customers.customer_key,
        owners.person_key,
        {%- for segment in segments() if segment != 'source_system' %}
        stints.{{ segment }},
        {%- endfor %}
        row_number() over (
            partition by customers.customer_key
            order by
                case when stints.entered_at <= customers.known_at then stints.stint_number else -stints.stint_number end
                desc
        ) as stint_rank
    from customers
    inner join owners on customers.customer_key = owners.customer_key and owners.person_rank = 1
    inner join stints on owners.person_key = stints.person_key

),

final as (

    select
        customers.customer_key,
        placed.person_key,
        customers.source_system,
        customers.customer_id,
        {%- for segment in segments() if segment != 'source_system' %}
        coalesce(placed.{{ segment }}, 'unassigned') as {{ segment }},
        {%- endfor %}
        placed.person_key is not null as has_person,
        {{ reporting_date('customers.first_purchase_at') }} as first_purchase_date,
        {{ reporting_date('customers.customer_since_at') }} as customer_since_date,
        customers.first_purchase_at,
        customers.customer_since_at
    from customers
    left join placed on customers.customer_key = placed.customer_key and placed.stint_rank = 1

)

select * from final
