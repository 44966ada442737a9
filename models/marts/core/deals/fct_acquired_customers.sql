with

new_customers as (

    select * from {{ ref('fct_new_customers') }}

),

purchases as (

    select * from {{ ref('fct_purchases') }}

),

-- what the person has bought to date, through whichever account
brought_in as (

    select
        person_key,
        sum(net_amount) as net_revenue,
        sum(case when margin_amount is not null then net_amount end) as net_revenue_with_cogs,
        sum(margin_amount) as margin
    from purchases
    group by 1

),

final as (

    select
        new_customers.conversion_key,
        new_customers.person_key,
        new_customers.source_system,
        new_customers.channel,
        new_customers.campaign,
        new_customers.country,
        new_customers.origin_owner,
        new_customers.owner_team,
        new_customers.persona,
        new_customers.fit_band,
        cast(brought_in.net_revenue as decimal(18, 2)) as net_revenue_amount,
        cast(brought_in.net_revenue_with_cogs as decimal(18, 2)) as net_revenue_with_cogs_amount,
        cast(brought_in.margin as decimal(18, 2)) as margin_amount,
        new_customers.converted_date
    from new_customers
    left join brought_in on new_customers.person_key = brought_in.person_key

)

select * from final
