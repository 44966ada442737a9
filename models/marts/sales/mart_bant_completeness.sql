-- noqa: disable=LT02
{% set letters = bant_letters() %}

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
        {%- for letter in letters %}
        count({{ letter }}) as {{ letter }}_asked,
        count(*) filter (where {{ letter }}) as {{ letter }}_true{{ ',' if not loop.last }}
        {%- endfor %}
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
        {%- for letter in letters %}
        {%- set name = letter | replace('has_', '') %}
        {{ letter }}_asked as {{ name }}_asked_sqls,
        {{ letter }}_true as {{ name }}_true_sqls,
        {%- endfor %}
        cast(true_letters as double) / nullif(assessed_sqls, 0) as mean_true_count,
        cast(assessed_sqls as double) / sqls as assessed_rate,
        {{ wilson_low('assessed_sqls', 'sqls') }} as assessed_rate_low,
        {{ wilson_high('assessed_sqls', 'sqls') }} as assessed_rate_high,
        cast(complete_sqls as double) / nullif(assessed_sqls, 0) as bant_complete_rate,
        {{ wilson_low('complete_sqls', 'assessed_sqls') }} as bant_complete_rate_low,
        {{ wilson_high('complete_sqls', 'assessed_sqls') }} as bant_complete_rate_high,
        {%- for letter in letters %}
        {%- set name = letter | replace('has_', '') %}
        cast({{ letter }}_asked as double) / nullif(assessed_sqls, 0) as {{ name }}_asked_rate,
        cast({{ letter }}_true as double) / nullif({{ letter }}_asked, 0) as {{ name }}_true_rate,
        {%- endfor %}
        {{ is_small_n('assessed_sqls') }} as is_small_n,
        month_start as month_start_date
    from counted

)

select * from final
