-- Every cut of a cohort adds up to the cohort: no person falls out of a segment, none is in two.
with sums as (

    select
        period_type,
        period_start_date,
        segment_type,
        from_stage,
        to_stage,
        count_mode,
        order_mode,
        rate_kind,
        sum(entrants) as entrants,
        sum(numerator) as numerator
    from {{ ref('mart_funnel_conversion') }}
    where rate_kind in ('matured', 'to_date')
    group by 1, 2, 3, 4, 5, 6, 7, 8

)

select
    cuts.*,
    wholes.entrants as whole_entrants,
    wholes.numerator as whole_numerator
from sums as wholes
inner join sums as cuts
    on
        wholes.period_type = cuts.period_type
        and wholes.period_start_date = cuts.period_start_date
        and wholes.from_stage = cuts.from_stage
        and wholes.to_stage = cuts.to_stage
        and wholes.count_mode = cuts.count_mode
        and wholes.order_mode = cuts.order_mode
        and wholes.rate_kind = cuts.rate_kind
where wholes.segment_type = 'all' and (wholes.entrants != cuts.entrants or wholes.numerator != cuts.numerator)
