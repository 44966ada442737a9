-- The macro main_stages() names the columns of fct_lead_cycles; the seed `stages` says which stages there are, and in
-- what order; the seed `conversion_horizons` has a row for each pair of them.
with named as (
    {% for stage in main_stages() %}
    select '{{ stage }}' as stage, {{ loop.index }} as place
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

seeded as (

    select
        stage,
        row_number() over (order by ordinal) as place
    from {{ ref('dim_stages') }}
    where not is_side

),

pairs as (

    select
        earlier.stage as from_stage,
        later.stage as to_stage
    from seeded as earlier
    inner join seeded as later on earlier.place < later.place

)

select
    coalesce(named.stage, seeded.stage) as stage,
    'not at the same place in main_stages() and seeds/stages.csv' as problem
from named
full outer join seeded on named.stage = seeded.stage and named.place = seeded.place
where named.stage is null or seeded.stage is null
union all
select
    pairs.from_stage || ' -> ' || pairs.to_stage as stage,
    'no row in seeds/conversion_horizons.csv' as problem
from pairs
left join {{ ref('conversion_horizons') }} as horizons
    on pairs.from_stage = horizons.from_stage and pairs.to_stage = horizons.to_stage
where horizons.from_stage is null
