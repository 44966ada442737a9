with

rates as (

    select * from {{ ref('fx_rates') }}

),

-- the reporting currency needs no row of its own
with_reporting_currency as (

    select currency, valid_from, rate_to_reporting from rates where currency != '{{ var("reporting_currency") }}'
    union all
    select
        '{{ var("reporting_currency") }}' as currency,
        date '1900-01-01' as valid_from,
        cast(1 as decimal(18, 8)) as rate_to_reporting

),

final as (

    select
        currency,
        rate_to_reporting,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by currency order by valid_from),
            date '9999-12-31'
        ) as valid_to
    from with_reporting_currency

)

select * from final
