with recursive

leads as (

    select * from {{ ref('int_leads') }}

),

merges as (

    select * from {{ ref('int_lead_merges') }}

),

losers as (

    select
        loser_key as lead_key,
        bool_or(is_in_cycle) as is_in_merge_cycle
    from merges
    group by 1

),

-- a test lead is nobody; a deleted lead holds a person together only where it was merged into another
members as (

    select
        leads.*,
        losers.lead_key is not null as is_merged_away,
        coalesce(losers.is_in_merge_cycle, false) as is_in_merge_cycle
    from leads
    left join losers on leads.lead_key = losers.lead_key
    where
        not leads.is_test
        and not leads.is_after_as_of
        and (not leads.is_deleted or losers.lead_key is not null)

),

grouped as (

    select
        *,
        min(lead_key) over (
            partition by {{ 'coalesce(email, lead_key)' if var('identity_by_email') else 'lead_key' }}
        ) as group_key
    from members

),

-- merges between groups of one e-mail each; both directions, so that the closure finds whole components
pairs as (

    select
        losers.group_key,
        survivors.group_key as other_group_key
    from merges
    inner join grouped as losers on merges.loser_key = losers.lead_key
    inner join grouped as survivors on merges.survivor_key = survivors.lead_key
    where losers.group_key != survivors.group_key
    union
    select
        survivors.group_key,
        losers.group_key as other_group_key
    from merges
    inner join grouped as losers on merges.loser_key = losers.lead_key
    inner join grouped as survivors on merges.survivor_key = survivors.lead_key
    where losers.group_key != survivors.group_key

),

reachable as (

    select group_key, group_key as reached_key from pairs
    union
    select
        reachable.group_key,
        pairs.other_group_key as reached_key
    from reachable
    inner join pairs on reachable.reached_key = pairs.group_key

),

components as (

    select
        group_key,
        min(reached_key) as component_key
    from reachable
    group by 1

),

ranked as (

    select
        grouped.*,
        coalesce(components.component_key, grouped.group_key) as component_key,
        row_number() over (
            partition by coalesce(components.component_key, grouped.group_key)
            order by
                grouped.is_merged_away,
                not grouped.is_in_merge_cycle,
                grouped.is_deleted,
                grouped.created_at,
                grouped.source_system,
                grouped.lead_id
        ) as survivor_rank
    from grouped
    left join components on grouped.group_key = components.group_key

),

-- where every lead of a person was merged into a deleted one, the person went with it; a cycle of merges has no
-- such end, so its earliest lead that was not deleted survives
survivors as (

    select
        component_key,
        lead_key as person_key,
        is_merged_away and (not is_in_merge_cycle or is_deleted) as is_deleted
    from ranked
    where survivor_rank = 1

),

final as (

    select
        leads.lead_key,
        leads.source_system,
        leads.lead_id,
        case when not survivors.is_deleted then survivors.person_key end as person_key,
        case
            when leads.is_test then 'test'
            when leads.is_after_as_of then 'after_as_of'
            when survivors.person_key is null or survivors.is_deleted then 'deleted'
            when leads.lead_key = survivors.person_key then 'survivor'
            when ranked.is_merged_away then 'merged'
            else 'same_email'
        end as disposition,
        leads.email is not null as has_email,
        coalesce(ranked.is_in_merge_cycle, false) as is_in_merge_cycle,
        leads.created_day,
        leads.created_at
    from leads
    left join ranked on leads.lead_key = ranked.lead_key
    left join survivors on ranked.component_key = survivors.component_key

)

select * from final
