-- Columns per segment and cause, grown from loops; what metrics are made of is read from their declarations.
-- `dbt compile -s mart_restatement_evidence` shows it written out.
{% set segments = segments() %}
{% set causes = restatement_causes() %}
with

members as (

    select
        *,
        amount is distinct from amount_before
        or date_trunc('month', member_date) is distinct from date_trunc('month', member_date_before) as is_moved
    from {{ ref('mart_restated_members') }}

),

-- a record shows where it counted and where it counts; where only a segment moved, it shows in that segment alone
sides as (

    select
        metric,
        member_key,
        cause,
        is_moved,
        amount,
        {%- for segment in segments %}
        {{ segment }},
        {{ segment }} is distinct from {{ segment }}_before as is_{{ segment }}_moved,
        {%- endfor %}
        cast(date_trunc('month', member_date) as date) as month_start
    from members
    where member_date is not null
    union all
    select
        metric,
        member_key,
        cause,
        is_moved,
        -amount_before as amount,
        {%- for segment in segments %}
        {{ segment }}_before as {{ segment }},
        {{ segment }} is distinct from {{ segment }}_before as is_{{ segment }}_moved,
        {%- endfor %}
        cast(date_trunc('month', member_date_before) as date) as month_start
    from members
    where member_date_before is not null

),

monthly as (

    select
        metric,
        month_start,
        cause,
        {{ grouped_segment_type() }} as segment_type,
        {{ grouped_segment_value() }} as segment_value,
        case
            {%- for segment in segments %}
            when grouping({{ segment }}) = 0
                then count(distinct case when is_moved or is_{{ segment }}_moved then member_key end)
            {%- endfor %}
            else count(distinct case when is_moved then member_key end)
        end as record_count,
        sum(amount) as amount
    from sides
    group by {{ segment_grouping_sets(['metric', 'month_start', 'cause']) }}

),

parts as (

    {{ metric_part_rows() }}

),

-- each month in its periods: itself, its quarter and its year
placed as (

    select *, 'month' as period_type, month_start as period_start_date from monthly
    union all
    select *, 'quarter' as period_type, {{ start_of_period('quarter', 'month_start') }} as period_start_date
    from monthly
    union all
    select *, 'year' as period_type, {{ start_of_period('year', 'month_start') }} as period_start_date from monthly

),

summed as (

    select
        metric,
        cause,
        period_type,
        period_start_date,
        segment_type,
        segment_value,
        sum(record_count) as record_count,
        sum(amount) as amount
    from placed
    group by all

),

-- records whose moves cancel out moved no value: an erased lead is gone under one key and there under another
final as (

    select
        parts.metric,
        summed.period_type,
        summed.segment_type,
        summed.segment_value,
        {%- for cause in causes %}
        cast(
            coalesce(sum(case when summed.cause = '{{ cause }}' then summed.record_count end), 0) as bigint
        ) as {{ cause }}_records,
        {%- endfor %}
        summed.period_start_date
    from summed
    inner join parts
        on summed.metric = parts.part and array_contains(split(parts.cut_by, ';'), summed.segment_type)
    where summed.amount != 0
    group by all

)

select * from final
