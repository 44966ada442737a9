with

benchmarks as (

    select * from {{ ref('benchmarks') }}

),

final as (

    select
        metric,
        provenance,
        low_value,
        high_value
    from benchmarks
    where sales_model is null or sales_model = '{{ var("sales_model") }}'

)

select * from final
