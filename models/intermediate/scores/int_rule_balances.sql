with

activities as (

    select * from {{ ref('int_scored_activities') }}

),

-- Points are weighed at what they are worth at the start of a block of 512 halvings: weighed at the start of all time,
-- those of a short half-life would overflow.
weighed as (

    select
        person_number,
        rule_key,
        points,
        halvings,
        points * power(2, halvings - 512 * floor(halvings / 512)) as weight,
        cast(floor(halvings / 512) as bigint) as block,
        position,
        count(*) over (partition by person_number) as last_position
    from activities

),

summed as (

    select
        *,
        sum(weight) over (
            partition by person_number, rule_key, block
            order by position
            rows between unbounded preceding and current row
        ) as earned_in_block,
        coalesce(
            sum(weight) over (
                partition by person_number, rule_key
                order by block
                range between 1 preceding and 1 preceding
            ),
            0
        ) as earned_in_block_before
    from weighed

),

-- of what was earned before the block before, less than 2^-512 is left
final as (

    select
        person_number,
        rule_key,
        points,
        halvings,
        power(2, 512 * block - halvings) * (earned_in_block + power(2, -512) * earned_in_block_before) as balance,
        position,
        coalesce(lead(position) over (partition by person_number, rule_key order by position) - 1, last_position)
            as until_position
    from summed

)

select * from final
