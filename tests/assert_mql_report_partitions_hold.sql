-- MQLs = accepted + rejected + undecided + not recorded; SQLs = from MQL + direct + out of order; the report = the
-- entries behind it.
with entries as (

    select
        cast(date_trunc('month', entered_date) as date) as month_start_date,
        count(*) filter (where stage = 'mql') as mql_entries,
        count(*) filter (where stage = 'sql') as sql_entries
    from {{ ref('fct_stage_entries') }}
    where not is_inferred
    group by 1

)

select report.*
from {{ ref('mart_mql_report') }} as report
left join entries on report.month_start_date = entries.month_start_date
where
    report.mqls + report.re_mqls
    != coalesce(report.accepted_mqls + report.rejected_mqls + report.undecided_mqls, 0) + report.unrecorded_mqls
    or report.sqls != report.sqls_from_mql + report.sqls_direct + report.sqls_out_of_order
    or (
        report.segment_type = 'all'
        and (
            report.mqls + report.re_mqls != coalesce(entries.mql_entries, 0)
            or report.sqls != coalesce(entries.sql_entries, 0)
        )
    )
