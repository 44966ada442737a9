-- Of the SQLs of a month some are assessed, of these some are complete; the segments add up to the whole.
with sums as (

    select
        month_start_date,
        segment_type,
        sum(sqls) as sqls,
        sum(assessed_sqls) as assessed_sqls,
        sum(complete_sqls) as complete_sqls,
        count(*) filter (where assessed_sqls > sqls or complete_sqls > assessed_sqls) as impossible_rows
    from {{ ref('mart_bant_completeness') }}
    group by 1, 2

)

select
    wholes.month_start_date,
    cuts.segment_type
from sums as wholes
inner join sums as cuts on wholes.month_start_date = cuts.month_start_date
where
    wholes.segment_type = 'all'
    and (
        cuts.sqls != wholes.sqls
        or cuts.assessed_sqls != wholes.assessed_sqls
        or cuts.complete_sqls != wholes.complete_sqls
        or cuts.impossible_rows > 0
    )
