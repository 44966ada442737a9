{%- set cut_by = ['industry', 'size_band', 'country', 'owner_team'] -%}
with

transitions as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as cohort_month_date
    from {{ ref('fct_account_transitions') }}

),

counted as (

    select
        cohort_month_date,
        from_stage,
        to_stage,
        horizon_days,
        {{ segment_type(cut_by) }} as segment_type,
        {{ segment_value(cut_by) }} as segment_value,
        count(*) as accounts,
        sum(case when is_mature then 1 else 0 end) as mature_accounts,
        sum(case when is_mature and is_converted_in_time then 1 else 0 end) as converted_accounts,
        sum(case when converted_at is not null then 1 else 0 end) as all_converted_accounts
    from transitions
    group by
        {{ segment_grouping_sets(['cohort_month_date', 'from_stage', 'to_stage', 'horizon_days'], cut_by) }}

),

final as (

    select
        segment_type,
        segment_value,
        from_stage,
        to_stage,
        horizon_days,
        accounts,
        cast(mature_accounts as bigint) as mature_accounts,
        cast(converted_accounts as bigint) as converted_accounts,
        cast(all_converted_accounts as bigint) as all_converted_accounts,
        {{ rate_with_interval('converted_accounts', 'mature_accounts', 'conversion_rate') }},
        {{ is_small_n('mature_accounts') }} as is_small_n,
        mature_accounts < accounts as is_provisional,
        cohort_month_date
    from counted

)

select * from final
