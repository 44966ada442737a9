with

rare_values as (

    select * from {{ ref('int_rare_segment_values') }}

),

final as (

    select
        segment_type,
        segment_value,
        folds_into,
        persons,
        value_rank
    from rare_values

)

select * from final
