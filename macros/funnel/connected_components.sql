{# Recursive CTE `<name>`: the components of the undirected graph whose edges are the CTE `edges` (node_key, other_key; never a
   node with itself). The rows of a node lead to the least key of its component: that is min(other_key) per node_key.

   Alternating large-star and small-star (Kiveris et al., "Connected components in MapReduce and beyond", 2014): in turn,
   every node links its greater and its lesser neighbours to the least one, which makes stars of any graph in about log(n)
   rounds. A round has as many rows as there are edges, where a closure has all that each node can reach. #}
{% macro connected_components(edges, name, rounds=40) %}
{{ name }} as (

    select
        greatest(node_key, other_key) as node_key,
        least(node_key, other_key) as other_key,
        0 as round,
        true as is_changed
    from {{ edges }}
    union all
    select
        node_key,
        other_key,
        round,
        is_changed
    from (
        select
            case when lesser_key = least_key then greater_key else lesser_key end as node_key,
            least_key as other_key,
            round + 1 as round,
            bool_or(lesser_key != least_key or lesser_key != neighbour_key) over (partition by 1) as is_changed
        from (
            select
                greater_key,
                lesser_key,
                neighbour_key,
                round,
                min(lesser_key) over (partition by greater_key) as least_key
            from (
                select
                    greater_key,
                    own_key as neighbour_key,
                    least(own_key, least_key) as lesser_key,
                    round
                from (
                    select
                        own_key,
                        greater_key,
                        round,
                        min(greater_key) over (partition by own_key) as least_key
                    from (
                        select
                            case when sides.side = 0 then {{ name }}.node_key else {{ name }}.other_key end as own_key,
                            case when sides.side = 0 then {{ name }}.other_key else {{ name }}.node_key end as greater_key,
                            {{ name }}.round
                        from {{ name }}
                        cross join (select 0 as side union all select 1 as side) as sides
                        where {{ name }}.is_changed and {{ name }}.round < {{ rounds }}
                    ) as directed
                ) as neighbours
                where greater_key > own_key
            ) as large_stars
        ) as small_stars
    ) as stars

)
{%- endmacro %}
