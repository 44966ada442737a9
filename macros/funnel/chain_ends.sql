{# Recursive CTE `<name>`: where each chain of the CTE `links` (node_key, next_key; one row per node) leads. In the rows of the
   last round, next_key is a node without a next one, or one of a circle that the chain runs into: the nodes of circles are
   those that are there and have a next one.

   Pointer jumping: each round doubles the steps, so 20 rounds follow chains of a million links. A round looks the next
   pointer up with a window, since a recursion may read itself only once. #}
{% macro chain_ends(links, name, rounds=20) %}
{{ name }} as (

    select
        node_key,
        next_key,
        0 as round,
        true as is_changed
    from {{ links }}
    union all
    select
        node_key,
        coalesce(pointer_key, next_key) as next_key,
        round + 1 as round,
        bool_or(pointer_key is not null) over (partition by 1) as is_changed
    from (
        select
            {{ name }}.node_key,
            {{ name }}.next_key,
            max(case when sides.side = 0 then {{ name }}.next_key end) over (
                partition by case when sides.side = 0 then {{ name }}.node_key else {{ name }}.next_key end
            ) as pointer_key,
            {{ name }}.round,
            sides.side
        from {{ name }}
        cross join (select 0 as side union all select 1 as side) as sides
        where {{ name }}.is_changed and {{ name }}.round < {{ rounds }}
    ) as looked_up
    where side = 1

)
{%- endmacro %}
