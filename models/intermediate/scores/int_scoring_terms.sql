with

rules as (

    select * from {{ ref('scoring_rules') }} where dimension in ('engagement', 'negative')

),

-- what a version says of decay and cap holds for points that are there until the next version takes over, also after
-- the version has ceased to give new ones
periods as (

    select
        *,
        coalesce(1 / nullif(half_life_days, 0), 0) as halvings_per_day,
        coalesce(
            lead(valid_from) over (partition by rule_key order by valid_from), timestamp '9999-12-31 00:00:00'
        ) as holds_to
    from rules

),

final as (

    select
        rule_key,
        dimension,
        subject as activity_type,
        points,
        cap,
        halvings_per_day,
        coalesce(
            sum(halvings_per_day * cast({{ seconds_between('valid_from', 'holds_to') }} as double) / 86400) over (
                partition by rule_key order by valid_from rows between unbounded preceding and 1 preceding
            ),
            0
        ) as halvings_before,
        valid_from,
        coalesce(valid_to, timestamp '9999-12-31 00:00:00') as valid_to,
        valid_from as holds_from,
        holds_to
    from periods

)

select * from final
