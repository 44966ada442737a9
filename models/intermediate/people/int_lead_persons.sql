with recursive

-- what a merge names and nobody landed has its place as well: its history belongs to the person
everyone as (

    select
        *,
        {{ identity_email('email') }} as address
    from {{ ref('int_named_leads') }}

),

merges as (

    select * from {{ ref('int_lead_merges') }}

),

shared_addresses as (

    select * from {{ ref('int_shared_addresses') }}

),

onward as (

    select distinct loser_key from merges

),

-- a lead is merged away where its survivor is known: one that neither landed nor went anywhere has no end to go to
losers as (

    select
        merges.loser_key as lead_key,
        bool_or(merges.is_in_cycle) as is_in_merge_cycle,
        bool_or(survivors.lead_key is not null or onward.loser_key is not null) as is_merged_away,
        bool_or(coalesce(survivors.is_deleted, false) and onward.loser_key is null) as is_into_deleted
    from merges
    left join everyone as survivors on merges.survivor_key = survivors.lead_key and survivors.is_landed
    left join onward on merges.survivor_key = onward.loser_key
    group by 1

),

-- a test lead is nobody; a deleted lead holds a person together only where it was merged into another
members as (

    select
        everyone.*,
        losers.lead_key is not null as is_loser,
        coalesce(losers.is_merged_away, false) as is_merged_away,
        coalesce(losers.is_into_deleted, false) as is_into_deleted,
        coalesce(losers.is_in_merge_cycle, false) as is_in_merge_cycle,
        {% if var('identity_by_email') -%}
        case when shared_addresses.address is null then everyone.address end as identity
        {%- else -%}
        cast(null as string) as identity
        {%- endif %}
    from everyone
    left join losers on everyone.lead_key = losers.lead_key
    left join shared_addresses on everyone.address = shared_addresses.address
    where
        not everyone.is_test
        and not everyone.is_after_as_of
        and (not everyone.is_deleted or losers.lead_key is not null)

),

grouped as (

    select
        *,
        min(lead_key) over (partition by coalesce(identity, lead_key)) as group_key
    from members

),

-- merges between groups of one address each
links as (

    select distinct
        losers.group_key as node_key,
        survivors.group_key as other_key
    from merges
    inner join grouped as losers on merges.loser_key = losers.lead_key
    inner join grouped as survivors on merges.survivor_key = survivors.lead_key
    where losers.group_key != survivors.group_key

),

{{ connected_components('links', 'stars') }},

components as (

    select
        node_key as group_key,
        min(other_key) as component_key
    from stars
    group by 1

),

ranked as (

    select
        grouped.*,
        coalesce(components.component_key, grouped.group_key) as component_key,
        row_number() over (
            partition by coalesce(components.component_key, grouped.group_key)
            order by
                not grouped.is_landed,
                grouped.is_merged_away,
                not grouped.is_in_merge_cycle,
                grouped.is_deleted,
                grouped.created_at,
                grouped.source_system,
                grouped.lead_id
        ) as survivor_rank,
        bool_or(grouped.is_into_deleted) over (
            partition by coalesce(components.component_key, grouped.group_key)
        ) as ends_in_deleted
    from grouped
    left join components on grouped.group_key = components.group_key

),

-- where every lead of a person was merged into a deleted one, the person went with it; a cycle of merges has no
-- such end, so its earliest lead that was not deleted survives
survivors as (

    select
        component_key,
        lead_key as person_key,
        is_landed,
        is_deleted or (is_merged_away and not is_in_merge_cycle and ends_in_deleted) as is_deleted
    from ranked
    where survivor_rank = 1

),

final as (

    select
        everyone.lead_key,
        everyone.source_system,
        everyone.lead_id,
        case when survivors.is_landed and not survivors.is_deleted then survivors.person_key end as person_key,
        case
            when everyone.is_test then 'test'
            when everyone.is_after_as_of then 'after_as_of'
            when not survivors.is_landed then 'not_landed'
            when survivors.person_key is null or survivors.is_deleted then 'deleted'
            when everyone.lead_key = survivors.person_key then 'survivor'
            when ranked.is_loser or not everyone.is_landed then 'merged'
            else 'same_email'
        end as disposition,
        everyone.is_landed,
        everyone.email is not null as has_email,
        coalesce(ranked.is_in_merge_cycle, false) as is_in_merge_cycle,
        everyone.created_day,
        everyone.created_at
    from everyone
    left join ranked on everyone.lead_key = ranked.lead_key
    left join survivors on ranked.component_key = survivors.component_key

)

select * from final
