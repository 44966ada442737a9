with recursive

leads as (

    select * from {{ ref('int_leads') }} where not is_test and not is_after_as_of

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

merges as (

    select * from {{ ref('int_lead_merges_versioned') }} where _outcome = 'staged'

),

-- a merge of a lead that was never landed says nothing about the leads that were: inner joins
standing as (

    select distinct
        losers.lead_key as loser_key,
        survivors.lead_key as survivor_key
    from merges
    cross join as_of
    inner join leads as losers
        on merges.source_system = losers.source_system and merges.loser_lead_id = losers.lead_id
    inner join leads as survivors
        on merges.source_system = survivors.source_system and merges.survivor_lead_id = survivors.lead_id
    where
        (merges.merged_at is null or merges.merged_at <= as_of.as_of)
        and (merges.reversed_at is null or merges.reversed_at > as_of.as_of)
        and losers.lead_key != survivors.lead_key

),

chains as (

    select loser_key, survivor_key as reached_key from standing
    union
    select
        chains.loser_key,
        standing.survivor_key as reached_key
    from chains
    inner join standing on chains.reached_key = standing.loser_key

),

cycles as (

    select distinct loser_key from chains where loser_key = reached_key

),

final as (

    select
        standing.loser_key,
        standing.survivor_key,
        cycles.loser_key is not null as is_in_cycle
    from standing
    left join cycles on standing.loser_key = cycles.loser_key

)

select * from final
