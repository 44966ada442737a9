-- noqa: disable=LT02
{% set segments = segments() %}
{% set causes = restatement_causes() %}
with

releases as (

    select * from {{ ref('published_releases') }}

),

as_of as (

    select * from {{ ref('int_as_of') }}

),

compared_moments as (

    select
        releases.*,
        as_of.as_of as found_as_of,
        least(as_of.as_of_date, {{ reporting_date('releases.as_of') }}) as known_up_to_date
    from releases
    cross join as_of

),

values_before as (

    select
        *,
        metric_value as value_before
    from {{ ref('published_metric_values') }}
    where period_type != 'all'

),

values_now as (

    select
        metric_values.*,
        metric_values.metric_value as value_now
    from {{ ref('mart_metric_values') }} as metric_values
    semi join values_before on metric_values.metric = values_before.metric
    where metric_values.period_type != 'all'

),

compared as (

    select
        coalesce(values_now.metric, values_before.metric) as metric,
        coalesce(values_now.period_type, values_before.period_type) as period_type,
        coalesce(values_now.period_start_date, values_before.period_start_date) as period_start_date,
        coalesce(values_now.segment_type, values_before.segment_type) as segment_type,
        coalesce(values_now.segment_value, values_before.segment_value) as segment_value,
        values_before.value_before,
        values_now.value_now,
        coalesce(values_before.is_provisional, false) as was_provisional
    from values_before
    full outer join values_now
        on
            values_before.metric = values_now.metric
            and values_before.period_type = values_now.period_type
            and values_before.period_start_date = values_now.period_start_date
            and values_before.segment_type = values_now.segment_type
            and values_before.segment_value = values_now.segment_value

),

different as (

    select * from compared where value_before is distinct from value_now and not was_provisional

),

-- Only what had ended: a period that is still open moves by itself, and so does a metric that the release or this build
-- does not have. Two builds may add the same amounts in another order: nine digits count.
restated as (

    select
        different.*,
        moments.release_id,
        moments.changed_rules,
        moments.is_code_changed,
        moments.as_of as published_as_of,
        moments.created_at as published_at,
        moments.found_as_of
    from different
    inner join compared_moments as moments
        on
            case different.period_type
                when 'month' then last_day(different.period_start_date)
                when 'quarter' then last_day(cast(different.period_start_date + interval '2 months' as date))
                else last_day(cast(different.period_start_date + interval '11 months' as date))
            end < moments.known_up_to_date
    semi join values_now on different.metric = values_now.metric
    where
        different.value_before is null
        or different.value_now is null
        or abs(different.value_now - different.value_before)
        > 0.000000001 * greatest(abs(different.value_now), abs(different.value_before))

),

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
        cast(date_trunc('month', member_date) as date) as month_start,
        {%- for segment in segments %}
        {{ segment }},
        {{ segment }} is distinct from {{ segment }}_before as is_{{ segment }}_moved{{ ',' if not loop.last }}
        {%- endfor %}
    from members
    where member_date is not null
    union all
    select
        metric,
        member_key,
        cause,
        is_moved,
        -amount_before as amount,
        cast(date_trunc('month', member_date_before) as date) as month_start,
        {%- for segment in segments %}
        {{ segment }}_before as {{ segment }},
        {{ segment }} is distinct from {{ segment }}_before as is_{{ segment }}_moved{{ ',' if not loop.last }}
        {%- endfor %}
    from members
    where member_date_before is not null

),

monthly as (

    select
        metric,
        month_start,
        cause,
        case
            {%- for segment in segments %}
            when grouping({{ segment }}) = 0 then '{{ segment }}'
            {%- endfor %}
            else 'all'
        end as segment_type,
        case
            {%- for segment in segments %}
            when grouping({{ segment }}) = 0 then {{ segment }}
            {%- endfor %}
            else 'all'
        end as segment_value,
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

summed as (

    {%- for period_type in ['month', 'quarter', 'year'] %}
    select
        metric,
        cause,
        '{{ period_type }}' as period_type,
        cast(date_trunc('{{ period_type }}', month_start) as date) as period_start_date,
        segment_type,
        segment_value,
        sum(record_count) as record_count,
        sum(amount) as amount
    from monthly
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- records whose moves cancel out moved no value: an erased lead is gone under one key and there under another
evidence as (

    select
        parts.metric,
        summed.period_type,
        summed.period_start_date,
        summed.segment_type,
        summed.segment_value,
        {%- for cause in causes %}
        cast(
            coalesce(sum(case when summed.cause = '{{ cause }}' then summed.record_count end), 0) as bigint
        ) as {{ cause }}_records{{ ',' if not loop.last }}
        {%- endfor %}
    from summed
    inner join parts
        on summed.metric = parts.part and array_contains(split(parts.cut_by, ';'), summed.segment_type)
    where summed.amount != 0
    group by all

),

explained as (

    select
        restated.*,
        {%- for cause in causes %}
        coalesce(evidence.{{ cause }}_records, 0) as {{ cause }}_records,
        {%- endfor %}
        greatest(
            {%- for cause in causes %}
            coalesce(evidence.{{ cause }}_records, 0){{ ',' if not loop.last }}
            {%- endfor %}
        ) as most_records
    from restated
    left join evidence
        on
            restated.metric = evidence.metric
            and restated.period_type = evidence.period_type
            and restated.period_start_date = evidence.period_start_date
            and restated.segment_type = evidence.segment_type
            and restated.segment_value = evidence.segment_value

),

-- a value that moved although none of its records did is calculated otherwise
found as (

    select
        *,
        case
            when most_records = 0 and is_code_changed then 'code_change'
            when most_records = 0 and changed_rules is not null then 'rule_change'
            when most_records = 0 then 'unexplained'
            {%- for cause in causes %}
            when {{ cause }}_records = most_records then '{{ cause }}'
            {%- endfor %}
        end as cause
    from explained

),

described as (

    select
        {{ surrogate_key([
            'release_id',
            'metric',
            'period_type',
            'cast(period_start_date as string)',
            'segment_type',
            'segment_value',
        ]) }} as restatement_key,
        release_id as published_release_id,
        metric,
        period_type,
        segment_type,
        segment_value,
        cause,
        case when rule_change_records > 0 or cause = 'rule_change' then changed_rules end as changed_rules,
        value_before,
        value_now,
        value_now - value_before as difference,
        {%- for cause in causes %}
        {{ cause }}_records,
        {%- endfor %}
        cause != 'maturity' as is_restatement,
        period_start_date,
        published_as_of as published_as_of_at,
        published_at,
        found_as_of as found_as_of_at
    from found

),

-- what earlier builds found stays, as they found it
known as (

    select history.*
    from {{ ref('published_restatements') }} as history
    anti join described on history.restatement_key = described.restatement_key

),

final as (

    select * from described
    union all
    select
        restatement_key,
        published_release_id,
        metric,
        period_type,
        segment_type,
        segment_value,
        cause,
        changed_rules,
        value_before,
        value_now,
        difference,
        {%- for cause in causes %}
        {{ cause }}_records,
        {%- endfor %}
        is_restatement,
        period_start_date,
        published_as_of_at,
        published_at,
        found_as_of_at
    from known

)

select * from final
