with

bands as (

    select * from {{ ref('score_bands') }}

),

final as (

    select
        dimension,
        band,
        case
            when row_number() over (partition by dimension order by min_points) > 1
                then cast(min_points as decimal(18, 6))
            else cast(-999999999999 as decimal(18, 6))
        end as points_from,
        coalesce(
            cast(lead(min_points) over (partition by dimension order by min_points) as decimal(18, 6)),
            cast(999999999999 as decimal(18, 6))
        ) as points_to
    from bands

)

select * from final
