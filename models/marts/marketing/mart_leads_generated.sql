with

leads as (

    select * from {{ ref('fct_leads_generated') }}

),

final as (

    select
        channel,
        mechanism,
        count(*) as leads_generated,
        cast(date_trunc('month', created_date) as date) as month_start_date
    from leads
    group by channel, mechanism, cast(date_trunc('month', created_date) as date)

)

select * from final
