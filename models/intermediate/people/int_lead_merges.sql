with recursive

leads as (

    select * from {{ ref('int_leads') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

merges as (

    select * from {{ ref('int_lead_merges_versioned') }} where _outcome = 'staged'

),

-- A lead that was never landed still has its place: an export no longer holds what was merged away, and its history
-- keeps the old id.
standing as (

    select
        merges.source_system,
        merges.loser_lead_id,
        merges.survivor_lead_id,
        coalesce(losers.lead_key, {{ surrogate_key(['merges.source_system', 'merges.loser_lead_id']) }}) as loser_key,
        coalesce(survivors.lead_key, {{ surrogate_key(['merges.source_system', 'merges.survivor_lead_id']) }})
            as survivor_key,
        survivors.lead_key is not null as is_survivor_landed,
        max(merges.merged_at) as merged_at
    from merges
    cross join as_of
    left join leads as losers
        on merges.source_system = losers.source_system and merges.loser_lead_id = losers.lead_id
    left join leads as survivors
        on merges.source_system = survivors.source_system and merges.survivor_lead_id = survivors.lead_id
    where
        (merges.merged_at is null or merges.merged_at <= as_of.as_of)
        and (merges.reversed_at is null or merges.reversed_at > as_of.as_of)
        and merges.loser_lead_id != merges.survivor_lead_id
        and not coalesce(losers.is_test or losers.is_after_as_of, false)
        and not coalesce(survivors.is_test or survivors.is_after_as_of, false)
    group by 1, 2, 3, 4, 5, 6

),

-- of several merges of one lead the last stands for where it went, and one into a landed lead before all others
ranked as (

    select
        loser_key as node_key,
        survivor_key as next_key,
        row_number() over (
            partition by loser_key
            order by case when is_survivor_landed then 0 else 1 end asc, merged_at desc, survivor_key asc
        ) as merge_rank
    from standing

),

links as (

    select
        node_key,
        next_key
    from ranked
    where merge_rank = 1

),

{{ chain_ends('links', 'chains') }},

cycles as (

    select distinct next_key as loser_key
    from chains
    where round = (select max(ends.round) from chains as ends)

),

final as (

    select
        standing.source_system,
        standing.loser_lead_id,
        standing.survivor_lead_id,
        standing.loser_key,
        standing.survivor_key,
        cycles.loser_key is not null as is_in_cycle
    from standing
    left join cycles on standing.loser_key = cycles.loser_key

)

select * from final
