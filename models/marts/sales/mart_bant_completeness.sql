with

-- where no assessments were landed at all, nothing can be said
sqls as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as month_start
    from {{ ref('fct_sql_assessments') }}
    where exists (select 1 from {{ ref('fct_bant_assessments') }})

),

counted as (

    select
        month_start,
        {{ segment_type() }} as segment_type,
        {{ segment_value() }} as segment_value,
        count(*) as sqls,
        count(*) filter (where is_assessed) as assessed_sqls,
        count(*) filter (where is_bant_complete) as complete_sqls,
        sum(case when is_assessed then true_count else 0 end) as true_letters,
        count(has_budget) as budget_asked_sqls,
        count(*) filter (where has_budget) as budget_true_sqls,
        count(has_authority) as authority_asked_sqls,
        count(*) filter (where has_authority) as authority_true_sqls,
        count(has_need) as need_asked_sqls,
        count(*) filter (where has_need) as need_true_sqls,
        count(has_timeline) as timeline_asked_sqls,
        count(*) filter (where has_timeline) as timeline_true_sqls
    from sqls
    group by {{ segment_grouping_sets(['month_start']) }}

),

final as (

    select
        segment_type,
        segment_value,
        sqls,
        assessed_sqls,
        complete_sqls,
        budget_asked_sqls,
        budget_true_sqls,
        authority_asked_sqls,
        authority_true_sqls,
        need_asked_sqls,
        need_true_sqls,
        timeline_asked_sqls,
        timeline_true_sqls,
        cast(true_letters as double) / nullif(assessed_sqls, 0) as mean_true_count,
        {{ rate_with_interval('assessed_sqls', 'sqls', 'assessed_rate') }},
        {{ rate_with_interval('complete_sqls', 'assessed_sqls', 'bant_complete_rate') }},
        cast(budget_asked_sqls as double) / nullif(assessed_sqls, 0) as budget_asked_rate,
        cast(budget_true_sqls as double) / nullif(budget_asked_sqls, 0) as budget_true_rate,
        cast(authority_asked_sqls as double) / nullif(assessed_sqls, 0) as authority_asked_rate,
        cast(authority_true_sqls as double) / nullif(authority_asked_sqls, 0) as authority_true_rate,
        cast(need_asked_sqls as double) / nullif(assessed_sqls, 0) as need_asked_rate,
        cast(need_true_sqls as double) / nullif(need_asked_sqls, 0) as need_true_rate,
        cast(timeline_asked_sqls as double) / nullif(assessed_sqls, 0) as timeline_asked_rate,
        cast(timeline_true_sqls as double) / nullif(timeline_asked_sqls, 0) as timeline_true_rate,
        {{ is_small_n('assessed_sqls') }} as is_small_n,
        month_start as month_start_date
    from counted

)

select * from final
